"""The mapping page: what each label means in the shop, and from where it files by itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, demand, find_url
from catalog_ai.admin.categorize import PRESET_NAMES
from catalog_ai.admin.display import format_threshold, name_label
from catalog_ai.admin.targets import list_targets, read_target
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import fold_name
from catalog_ai.models import LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import LabelMapping, describe_mapping
from catalog_ai.workflow.locks import lock_mapping
from catalog_ai.workflow.threshold_changes import Kind, RuleState, lift, record_change

if TYPE_CHECKING:
    Base = admin.ModelAdmin[LabelRule]
    RuleFormBase = forms.ModelForm[LabelRule]
else:
    Base = admin.ModelAdmin
    RuleFormBase = forms.ModelForm

ROWS_SHOWN = 150  # four fields each stay under Django's limit of 1,000 fields a request
SELECT_LIMIT = 200  # with more categories a field with suggestions is shown instead of a select
DATALIST = "cai-categories"
HEADS = {
    "label": _("Label"),
    "category": _("Category in the shop"),
    "auto": _("Files by itself from"),
    "review": _("Asks a person from"),
    "always": _("Always ask"),
}


class MappingForm(RuleFormBase):
    """One label's row."""

    class Meta:
        model = LabelRule
        fields = ("category", "auto_threshold", "review_threshold", "always_review")

    def __init__(
        self,
        *args: Any,
        mapping: LabelMapping,
        categories: Sequence[tuple[str, str]],
        makes: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys = {key for key, _name in categories}
        self.by_name = {fold_name(name): key for key, name in categories}
        self.mapping = mapping
        self.is_made = makes and not mapping.is_mapped  # a category, when the label first needs it
        self._choose_widget(categories)
        for name, default in (
            ("auto_threshold", mapping.defaults.auto),
            ("review_threshold", mapping.defaults.review),
        ):
            shown = format_threshold(default) if default <= 1 else gettext("never")
            self.fields[name].widget = forms.NumberInput(
                {"min": 0, "max": 1, "step": "0.01", "placeholder": shown}
            )
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{name_label(mapping.label.id)}: {field.label}"

    def _choose_widget(self, categories: Sequence[tuple[str, str]]) -> None:
        mapping = self.mapping
        if len(categories) <= SELECT_LIMIT:
            none = gettext("made when first needed") if self.is_made else gettext("no category")
            self.fields["category"].widget = forms.Select(choices=[("", none), *categories])
            self.initial["category"] = mapping.category
            return
        self.fields["category"].widget = forms.TextInput({"list": DATALIST, "autocomplete": "off"})
        self.initial["category"] = mapping.category_name

    def save(self, commit: bool = True) -> LabelRule:
        """What the system set and a person takes back holds until there is new evidence."""
        if self.instance.moved_back_at and not self.cleaned_data["always_review"]:
            lift(self.instance)
        if "auto_threshold" in self.changed_data:
            is_empty = self.cleaned_data["auto_threshold"] is None
            by = LabelRule.SetBy
            self.instance.auto_by = by.NOBODY if is_empty else by.PERSON
        return super().save(commit)

    def save_for(self, actor: Any, batch: uuid.UUID) -> None:
        """Save, and write down what it means for the threshold."""
        before = RuleState(
            self.initial["auto_threshold"], self.initial["always_review"], self.instance.auto_by
        )
        record_change(self.save(), before, Kind.PERSON, actor=actor, batch=batch)

    def take_up(self, known: LabelRule) -> None:
        """What the person left as it was stands as it is now: a worker maps labels, too."""
        for field in known._meta.concrete_fields:
            if field.name not in self.changed_data:
                setattr(self.instance, field.attname, getattr(known, field.attname))
        self.instance._state.adding = False

    def clean_category(self) -> str:
        """A key of the shop, given as it is or by its name."""
        given = str(self.cleaned_data["category"])
        key = given if given in self.keys else self.by_name.get(fold_name(given), "")
        if given and not key:
            raise forms.ValidationError(_("The shop has no such category."))
        return key


@dataclass(frozen=True)
class MappingPage:
    """One page of labels of one target, with their forms."""

    target: ProductTarget
    page: "Page[LabelMapping]"
    forms: list[MappingForm]
    categories: Sequence[tuple[str, str]]
    unmapped: int

    @property
    def needs_datalist(self) -> bool:
        return len(self.categories) > SELECT_LIMIT

    def is_valid(self) -> bool:
        """Whether all can be saved; where not, the page opens at the first mistake."""
        for form in self.refused[:1]:
            wrong = next((name for name in form.errors if name in form.fields), "always_review")
            form.fields[wrong].widget.attrs["autofocus"] = True
        return not self.refused

    @property
    def refused(self) -> list[MappingForm]:
        """The rows that cannot be saved as they are."""
        return [form for form in self.forms if form.is_bound and not form.is_valid()]

    def save(self, actor: Any) -> int:
        """Save the rows that were changed; how many."""
        batch = uuid.uuid4()
        changed = [form for form in self.forms if form.is_bound and form.has_changed()]
        rules = LabelRule.objects.filter(target=self.target.key)
        with transaction.atomic():
            lock_mapping(self.target)
            for form in changed:
                known = rules.select_for_update().filter(label=form.mapping.label.id).first()
                if known is not None:
                    form.take_up(known)
                form.save_for(actor, batch)
        return len(changed)


def load_page(request: HttpRequest) -> MappingPage:
    """The page that the address names, bound where the request carries changes.

    Raises:
        Http404: no such target. BundleError: the model is missing or damaged.
    """
    target = read_target(request.GET.get("target", ""))
    mappings = describe_mapping(target, get_settings().PRESET)
    page = Paginator(mappings, ROWS_SHOWN).get_page(request.GET.get("p"))
    categories = target.category_field.list_all(limit=0)
    rows = [
        MappingForm(
            # A label that the sent page did not show has no say in the request.
            request.POST if f"{mapping.label.id}-category" in request.POST else None,
            prefix=mapping.label.id,
            instance=mapping.rule or LabelRule(target=target.key, label=mapping.label.id),
            mapping=mapping,
            categories=categories,
            makes=target.can_make,
        )
        for mapping in page
    ]
    unmapped = sum(not mapping.is_mapped for mapping in mappings)
    return MappingPage(target, page, rows, categories, unmapped)


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
            "preset": PRESET_NAMES.get(get_settings().PRESET, get_settings().PRESET),
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
