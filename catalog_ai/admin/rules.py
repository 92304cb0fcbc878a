"""The mapping page: what each label means in the shop, and from where it files by itself."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, demand, find_url
from catalog_ai.admin.display import name_preset
from catalog_ai.admin.rule_forms import DATALIST, MappingPage, load_page
from catalog_ai.admin.targets import list_targets
from catalog_ai.conf import get_settings
from catalog_ai.models import LabelRule

if TYPE_CHECKING:
    Base = admin.ModelAdmin[LabelRule]
else:
    Base = admin.ModelAdmin

HEADS = {
    "label": _("Label"),
    "category": _("Category in the shop"),
    "auto": _("Files by itself from"),
    "review": _("Asks a person from"),
    "always": _("Always ask"),
}


@admin.register(LabelRule)
class LabelRuleAdmin(Base):
    """The list of rules is the mapping page; single rules have no page of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a label's row is there already; its first change makes the rule

    def has_delete_permission(self, request: HttpRequest, obj: LabelRule | None = None) -> bool:
        return False  # the history of thresholds would not tell it

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The mapping page, where Django's own list of recent actions leads to a form."""
        if not self.has_view_permission(request):
            demand(request)
        rule = self.get_object(request, unquote(object_id))
        url = find_url("catalog_ai_labelrule_changelist", site=self.admin_site.name)
        return HttpResponseRedirect(f"{url}?target={rule.target}" if rule else url)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            demand(request)
        site = self.admin_site.name
        mapping: MappingPage | None = attempt(request, partial(load_page, request))
        if mapping is None:
            return HttpResponseRedirect(find_url("catalog_ai_home", site=site))
        if request.method == "POST":
            if not self.has_change_permission(request):
                demand(request)
            if mapping.is_valid():
                messages.success(request, _tell_saved(mapping.save(request.user)))
                return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What the labels mean in your shop"),
            "opts": self.opts,
            "mapping": mapping,
            "heads": HEADS,
            "targets": list_targets(),
            "preset": name_preset(get_settings().PRESET),
            "may_change": self.has_change_permission(request),
            "home_url": find_url("catalog_ai_home", site=site),
            "thresholds_url": find_url("catalog_ai_thresholds", site=site),
            "datalist": DATALIST,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/catalog_ai/mapping.html", context)


def _tell_saved(count: int) -> str:
    if not count:
        return gettext("Nothing was changed.")
    text = ngettext("%(count)d label was changed.", "%(count)d labels were changed.", count)
    return text % {"count": count}
