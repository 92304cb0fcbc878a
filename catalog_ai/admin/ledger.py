"""Classifications and decisions in the admin: to look something up, never to change it."""

import re
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
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import find_url
from catalog_ai.admin.display import format_percent, make_state_badge, name_label
from catalog_ai.admin.read_only import ReadOnlyAdmin
from catalog_ai.admin.targets import name_target
from catalog_ai.models import Classification, Decision
from catalog_ai.targets import get_targets

DIGEST = re.compile("[0-9a-f]{64}")


def link_product(target_key: str, key: str) -> SafeString | str:
    """The product's key, linked to its admin page where there is one."""
    target = get_targets().get(target_key)
    if target is None:
        return key
    opts = target.get_model()._meta
    url = find_url(f"{opts.app_label}_{opts.model_name}_change", target.to_pk(key))
    return format_html('<a href="{}">{}</a>', url, key) if url else key


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


@admin.register(Classification)
class ClassificationAdmin(ReadOnlyAdmin):
    list_display = (
        "pk",
        "product",
        "product_model",
        "state_badge",
        "reason",
        "label",
        "confidence",
        "is_current",
        "run",
        "created_at",
    )
    list_filter = ("state", "is_current", "reason")
    sortable_by = ("pk",)  # another column would sort the whole history
    list_select_related = ("run",)
    search_fields = ("object_id__exact", "image_digest__exact")
    search_help_text = _("Product key or image digest")
    ordering = ("-pk",)
    exclude = ("lease_token", "lease_expires_at")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if DIGEST.fullmatch(term):  # no index finds it
            return queryset.filter(image_digest=term), False
        return queryset.filter(is_about(term)), False

    @admin.display(description=_("product"))
    def product(self, row: Classification) -> SafeString | str:
        return link_product(row.target, row.object_id)

    @admin.display(description=_("product model"))
    def product_model(self, row: Classification) -> str:
        return name_target(row.target)

    @admin.display(description=_("state"))
    def state_badge(self, row: Classification) -> SafeString:
        context = {"badge": make_state_badge(row.state)}
        return render_to_string("admin/catalog_ai/includes/badge.html", context)

    @admin.display(description=_("likeliest label"))
    def label(self, row: Classification) -> str:
        return name_label(row.top_label) if row.top_label else ""

    @admin.display(description=_("confidence"))
    def confidence(self, row: Classification) -> str:
        return format_percent(row.top_confidence)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "action",
        "label_name",
        "product",
        "by",
        "state_before",
        "state_after",
        "batch",
    )
    list_display_links = ("created_at",)
    list_filter = ("action",)
    sortable_by = ("created_at",)
    list_select_related = ("classification",)
    search_fields = ("batch__exact", "actor_name", "classification__object_id__exact")
    search_help_text = _("Batch, person or product key")
    ordering = ("-pk",)
    raw_id_fields = ("classification", "suggestion", "reverts")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = find_by_index(term)
        # A part of a name, or the name of somebody who is gone: this reads all decisions.
        return queryset.filter(found or Q(actor_name__icontains=term)), False

    @admin.display(description=_("label"))
    def label_name(self, decision: Decision) -> str:
        return name_label(decision.label) if decision.label else ""

    @admin.display(description=_("product"))
    def product(self, decision: Decision) -> SafeString | str:
        row = decision.classification
        return link_product(row.target, row.object_id)

    @admin.display(description=_("by"))
    def by(self, decision: Decision) -> str:
        return decision.actor_name or str(_("model"))
