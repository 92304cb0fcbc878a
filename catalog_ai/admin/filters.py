"""Filters of a product list: state, likeliest label, confidence; each choice with its count."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import name_label
from catalog_ai.models import CategorizedProduct, Classification
from catalog_ai.targets import ProductTarget, find_target

NEVER = "never"
IN_PROGRESS = "in-progress"
LARGE = 50_000  # counts over more rows than this are kept for a while
KEPT_SECONDS = 300
LABELS_SHOWN = 25

# Lower and upper bound of confidence, and the address's word for it.
BANDS = {
    "90": (0.9, 1.01, _("90 % and more")),
    "70": (0.7, 0.9, _("70 to 90 %")),
    "50": (0.5, 0.7, _("50 to 70 %")),
    "0": (0.0, 0.5, _("below 50 %")),
}


def get_current(target: ProductTarget) -> "models.QuerySet[Classification]":
    """The latest results of a target's products."""
    return Classification.objects.filter(target=target.key, is_current=True)


def select_products(
    target: ProductTarget, rows: "models.QuerySet[Classification]"
) -> "models.QuerySet[Any, Any]":
    """Primary keys of the products that the rows are about, as a subquery."""
    field: Any = target.get_model()._meta.pk
    while field.remote_field:  # a product that inherits from another model
        field = field.target_field
    cast = Cast("object_id", output_field=type(field)(**_size(field)))
    return rows.annotate(_product_pk=cast).values("_product_pk")


def _size(field: Any) -> dict[str, Any]:
    """A text key is cast to its own length."""
    return {"max_length": field.max_length} if field.max_length else {}


def count_rows(target: ProductTarget, field: str) -> dict[str, int]:
    """How many products have which value of `field`; one grouped query, kept where it is large."""
    key = f"catalog_ai:count:{target.key}:{field}"
    counts: dict[str, int] | None = cache.get(key)
    if counts is None:
        rows = get_current(target).values_list(field).annotate(number=Count("pk")).order_by()
        counts = {str(value): number for value, number in rows}
        if sum(counts.values()) > LARGE:
            cache.set(key, counts, KEPT_SECONDS)
    return counts


def count_bands(target: ProductTarget) -> dict[str, int]:
    """How many products lie in which band of confidence; one query."""
    key = f"catalog_ai:count:{target.key}:bands"
    counts: dict[str, Any] | None = cache.get(key)
    if counts is None:
        counts = get_current(target).aggregate(
            **{
                f"band_{band}": Count("pk", filter=_in_band(low, high, "top_confidence"))
                for band, (low, high, _name) in BANDS.items()
            }
        )
        if sum(counts.values()) > LARGE:
            cache.set(key, counts, KEPT_SECONDS)
    return {band: counts[f"band_{band}"] for band in BANDS}


def _in_band(low: float, high: float, field: str) -> Q:
    return Q(**{f"{field}__gte": low, f"{field}__lt": high})


class CountedFilter(admin.SimpleListFilter):
    """A filter whose counts come from one query over the results, not one a choice."""

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[models.Model],
        model_admin: "admin.ModelAdmin[Any]",
    ) -> None:
        self.target = find_target(model)
        self.is_mirrored = issubclass(model, CategorizedProduct)
        self.counts: dict[str, int] = {}
        super().__init__(request, params, model, model_admin)

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("All"),
        }
        for value, name in self.lookup_choices:
            count = self.counts.get(str(value))
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": name if count is None else f"{name} ({count})",
            }

    def narrow(self, queryset: Any, condition: Q) -> Any:
        """Products whose latest result meets a condition."""
        assert self.target is not None  # noqa: S101 - without a target there are no choices
        rows = get_current(self.target).filter(condition)
        return queryset.filter(pk__in=select_products(self.target, rows))


class StateFilter(CountedFilter):
    title = _("categorisation")
    parameter_name = "ai_status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if self.target is None:
            return []
        self.counts = count_rows(self.target, "state")
        judged = sum(self.counts.values())
        self.counts[NEVER] = max(0, self.target.get_products().count() - judged)
        chosen = request.GET.get(str(self.parameter_name))
        found = [
            (str(state.value), state.label)
            for state in Classification.State
            if state not in Classification.IN_FLIGHT and (self.counts.get(state) or state == chosen)
        ]
        return [(NEVER, _("Never categorised")), (IN_PROGRESS, _("In progress")), *found]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None or self.target is None:
            return queryset
        if value == NEVER:
            if self.is_mirrored:
                return queryset.filter(ai_state="")
            return queryset.exclude(pk__in=select_products(self.target, get_current(self.target)))
        if value == IN_PROGRESS:
            rows = Classification.objects.filter(
                target=self.target.key, state__in=Classification.IN_FLIGHT
            )
            return queryset.filter(pk__in=select_products(self.target, rows))
        if self.is_mirrored:
            return queryset.filter(ai_state=value)
        return self.narrow(queryset, Q(state=value))


class LabelFilter(CountedFilter):
    title = _("likeliest label")
    parameter_name = "ai_label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if self.target is None:
            return []
        self.counts = count_rows(self.target, "top_label")
        ranked = sorted(self.counts, key=lambda label: -self.counts[label])
        chosen = request.GET.get(str(self.parameter_name))
        shown = [label for label in ranked if label][:LABELS_SHOWN]
        if chosen and chosen not in shown:
            shown.append(chosen)
        return [(label, name_label(label)) for label in shown]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None or self.target is None:
            return queryset
        if self.is_mirrored:
            return queryset.filter(ai_top_label=value)
        return self.narrow(queryset, Q(top_label=value))


class ConfidenceFilter(CountedFilter):
    title = _("confidence")
    parameter_name = "ai_confidence_band"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if self.target is None:
            return []
        self.counts = count_bands(self.target)
        return [(band, name) for band, (_low, _high, name) in BANDS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        bounds = BANDS.get(self.value() or "")
        if bounds is None or self.target is None:
            return queryset
        low, high, _name = bounds
        if self.is_mirrored:
            return queryset.filter(_in_band(low, high, "ai_confidence"))
        return self.narrow(queryset, _in_band(low, high, "top_confidence"))
