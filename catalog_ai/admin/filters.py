"""Filters of a product list: state, likeliest label, confidence; each choice with its count."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
from catalog_ai.percent import keep_percent
from catalog_ai.targets import ProductTarget, find_target
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.plans import has_state

NEVER = "never"
IN_PROGRESS = "in-progress"
LARGE = 50_000  # counts over more rows than this are kept for a while
KEPT_SECONDS = 300
LABELS_SHOWN = 25
REQUEST_ATTRIBUTE = "_catalog_ai_counts"  # where a request keeps them for the other filters

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


@dataclass(frozen=True)
class Counts:
    """How many products of a whole catalogue have which state, likeliest label and confidence."""

    states: dict[str, int]
    labels: dict[str, int]
    bands: dict[str, int]


def count_results(target: ProductTarget, request: HttpRequest) -> Counts:
    """One grouped query a page; of a large catalogue kept for a while."""
    key = name_kept("counts", target.key)
    counts: Counts | None = getattr(request, REQUEST_ATTRIBUTE, None) or cache.get(key)
    if counts is None:
        counts = _count(target)
        if sum(counts.states.values()) > LARGE:
            cache.set(key, counts, KEPT_SECONDS)
    setattr(request, REQUEST_ATTRIBUTE, counts)
    return counts


def _count(target: ProductTarget) -> Counts:
    in_bands: dict[str, Any] = {
        f"band_{band}": Count("target", filter=_in_band(low, high))
        for band, (low, high, _name) in BANDS.items()
    }
    # In the order of their index, which has all the columns; the id is not among them.
    grouped = get_current(target).order_by().values_list("state", "top_label")
    states, labels, bands = Counter[str](), Counter[str](), Counter[str]()
    for state, label, number, *found in grouped.annotate(number=Count("target"), **in_bands):
        states[state] += number
        labels[label] += number
        bands.update(dict(zip(BANDS, found, strict=True)))
    never = target.get_products().count() - states.total()
    return Counts({**states, NEVER: max(0, never)}, dict(labels), dict(bands))


def _in_band(low: float, high: float, field: str = "top_confidence") -> Q:
    return Q(**{f"{field}__gte": low, f"{field}__lt": high})


class CountedFilter(admin.SimpleListFilter):
    """A filter whose counts come from one query over the results, not one a choice."""

    template = "admin/catalog_ai/includes/filter.html"

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

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if self.target is None:
            return []
        if request.method == "POST" and "_save" not in request.POST:
            # An action: nothing is drawn, but Django leaves out a filter that has no choice.
            return [("", "")]
        return self.list_choices(request, self.target)

    def list_choices(self, request: HttpRequest, target: ProductTarget) -> list[tuple[str, Any]]:
        """The choices, with their `counts`."""
        raise NotImplementedError

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

    def list_choices(self, request: HttpRequest, target: ProductTarget) -> list[tuple[str, Any]]:
        self.counts = count_results(target, request).states
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
            in_flight = has_state(Classification.IN_FLIGHT)
            rows = Classification.objects.filter(in_flight, target=self.target.key)
            return queryset.filter(pk__in=select_products(self.target, rows))
        if self.is_mirrored:
            return queryset.filter(ai_state=value)
        return self.narrow(queryset, Q(state=value))


class LabelFilter(CountedFilter):
    title = _("likeliest label")
    parameter_name = "ai_label"

    def list_choices(self, request: HttpRequest, target: ProductTarget) -> list[tuple[str, Any]]:
        self.counts = count_results(target, request).labels
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

    def list_choices(self, request: HttpRequest, target: ProductTarget) -> list[tuple[str, Any]]:
        self.counts = dict.fromkeys(BANDS, 0) | count_results(target, request).bands
        return [(band, keep_percent(str(name))) for band, (_low, _high, name) in BANDS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        bounds = BANDS.get(self.value() or "")
        if bounds is None or self.target is None:
            return queryset
        low, high, _name = bounds
        if self.is_mirrored:
            return queryset.filter(_in_band(low, high, "ai_confidence"))
        return self.narrow(queryset, _in_band(low, high))
