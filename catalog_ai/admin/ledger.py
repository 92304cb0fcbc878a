"""Classifications and decisions in the admin: to look something up, never to change it."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import format_percent, make_state_badge, name_label
from catalog_ai.admin.read_only import ReadOnlyAdmin
from catalog_ai.admin.targets import find_product_url, name_target
from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.targets import get_targets
from catalog_ai.workflow.asked import read_number

DIGEST = re.compile("[0-9a-f]{64}")
TITLE_SHOWN = 60  # characters
TITLE = "_catalog_ai_title"  # where a result of the page keeps its product's


def attach_titles(rows: Sequence[Classification]) -> None:
    """Load the titles of a whole page's products: a query or two for each product model."""
    for target_key in {row.target for row in rows}:
        target = get_targets().get(target_key)
        if target is None:
            continue
        own = [row for row in rows if row.target == target_key]
        loaded = target.load_for_lists({row.object_id for row in own})
        for row in own:
            if product := loaded.get(row.object_id):
                setattr(row, TITLE, target.get_title(product))


def link_product(row: Classification, site: str) -> SafeString | str:
    """The product's title and key, linked to its admin page where there is one."""
    title, key = getattr(row, TITLE, ""), row.object_id
    target = get_targets().get(row.target)
    if target is None or not title:  # the product is gone
        return key
    url = find_product_url(target, key, site)
    short = Truncator(title).chars(TITLE_SHOWN)
    name = format_html('<a href="{}">{}</a>', url, short) if url else short
    return format_html('<bdi>{}</bdi> <span class="cai-note">{}</span>', name, key)


def name_state(state: str) -> str:
    """A suggestion's state as people read it."""
    return str(dict(Suggestion.State.choices).get(state, state))


def is_about(key: str) -> Q:
    """Results of the product with a key. Their index starts with the product model: any will do."""
    return Q(object_id=key, target__in=list(get_targets()))


def find_by_index(term: str) -> Q:
    """Decisions of a batch, about a product, or by the person of that user name; else empty."""
    found = Q()
    with suppress(ValueError):  # no batch is meant
        found |= Q(batch=UUID(term))
    results = list(Classification.objects.filter(is_about(term)).values_list("pk", flat=True))
    if results:
        found |= Q(classification__in=results)
    users = get_user_model()
    if person := users._default_manager.filter(**{users.USERNAME_FIELD: term}).first():
        found |= Q(actor=person)
    return found


class RunFilter(admin.SimpleListFilter):
    """The run that a link named; nobody picks one of a million from a list."""

    title = _("run")
    parameter_name = "run"
    template = "admin/catalog_ai/includes/filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        number = read_number(request.GET.get("run", ""))
        return [] if number is None else [(str(number), str(Run(pk=number)))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = read_number(self.value() or "")
        return queryset if number is None else queryset.filter(run=number)


class LookupAdmin(ReadOnlyAdmin):
    """A list of the whole history: products by their titles, searched along an index."""

    ordering = ("-pk",)

    def get_results(self, rows: Iterable[Any]) -> list[Classification]:
        """The results that the rows of a page are about."""
        raise NotImplementedError

    def find(self, term: str) -> Q:
        """What a search is for."""
        raise NotImplementedError

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist: Any = super().get_changelist_instance(request)  # type: ignore[misc]
        attach_titles(self.get_results(changelist.result_list))
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(self.find(term)) if term else queryset), False


@admin.register(Classification)
class ClassificationAdmin(LookupAdmin):
    list_display = (
        "pk",
        "product",
        "product_model",
        "state_badge",
        "why",
        "label",
        "confidence",
        "is_current",
        "run",
        "created_at",
    )
    list_filter = (RunFilter, "state", "is_current", "reason")
    sortable_by = ("pk",)  # another column would sort the whole history
    list_select_related = ("run",)
    search_fields = ("object_id__exact", "image_digest__exact")
    search_help_text = _("Product key or image digest")
    exclude = ("lease_token", "lease_expires_at")

    def get_results(self, rows: Iterable[Classification]) -> list[Classification]:
        return list(rows)

    def find(self, term: str) -> Q:
        if DIGEST.fullmatch(term):  # no index finds it
            return Q(image_digest=term)
        return is_about(term)

    @admin.display(description=_("product"))
    def product(self, row: Classification) -> SafeString | str:
        return link_product(row, self.admin_site.name)

    @admin.display(description=_("product model"))
    def product_model(self, row: Classification) -> str:
        return name_target(row.target)

    @admin.display(description=_("state"))
    def state_badge(self, row: Classification) -> SafeString:
        context = {"badge": make_state_badge(row.state)}
        return render_to_string("admin/catalog_ai/includes/badge.html", context)

    @admin.display(description=_("why it waits"))
    def why(self, row: Classification) -> str:
        return str(row.get_reason_display()) if row.reason else ""

    @admin.display(description=_("likeliest label"))
    def label(self, row: Classification) -> str:
        return name_label(row.top_label) if row.top_label else ""

    @admin.display(description=_("confidence"))
    def confidence(self, row: Classification) -> str:
        return format_percent(row.top_confidence)


@admin.register(Decision)
class DecisionAdmin(LookupAdmin):
    list_display = (
        "created_at",
        "action",
        "label_name",
        "product",
        "by",
        "before",
        "after",
        "batch",
    )
    list_display_links = ("created_at",)
    list_filter = ("action",)
    sortable_by = ("created_at",)
    list_select_related = ("classification",)
    search_fields = ("batch__exact", "actor_name", "classification__object_id__exact")
    search_help_text = _("Batch, person or product key")
    raw_id_fields = ("classification", "suggestion", "reverts")

    def get_results(self, rows: Iterable[Decision]) -> list[Classification]:
        return [decision.classification for decision in rows]

    def find(self, term: str) -> Q:
        # A part of a name, or the name of somebody who is gone: this reads all decisions.
        return find_by_index(term) or Q(actor_name__icontains=term)

    @admin.display(description=_("label"))
    def label_name(self, decision: Decision) -> str:
        return name_label(decision.label) if decision.label else ""

    @admin.display(description=_("product"))
    def product(self, decision: Decision) -> SafeString | str:
        return link_product(decision.classification, self.admin_site.name)

    @admin.display(description=_("state before"))
    def before(self, decision: Decision) -> str:
        return name_state(decision.state_before)

    @admin.display(description=_("state after"))
    def after(self, decision: Decision) -> str:
        return name_state(decision.state_after)

    @admin.display(description=_("by"))
    def by(self, decision: Decision) -> str:
        return decision.actor_name or str(_("model"))
