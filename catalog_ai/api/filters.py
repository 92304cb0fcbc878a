"""Filters of the API's lists. What cannot be understood is told: without it all would be listed."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.settings import api_settings

from catalog_ai.api.answers import MAX_KEY
from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.targets import get_targets
from catalog_ai.workflow.plans import filter_unindexed, find_end

TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class TruthField(forms.Field):
    """`true` or `false`. Django's own takes any other word for no answer."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if (word := str(value).lower()) not in TRUTHS:
            raise forms.ValidationError(_("Write true or false."))
        return TRUTHS[word]


class TruthFilter(django_filters.BooleanFilter):
    field_class = TruthField


class Filters(FilterSet):
    FILTER_DEFAULTS = {
        **FilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": TruthFilter},
    }


class StrictFilters(DjangoFilterBackend):
    """Filters of a list, of which an unknown name is told."""

    filterset_base = Filters

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filters = self.get_filterset_class(view, queryset).base_filters
        pages = (view.paginator.cursor_query_param, view.paginator.page_size_query_param)
        known = [*filters, *pages, api_settings.URL_FORMAT_OVERRIDE]
        if unknown := [name for name in request.query_params if name not in known]:
            known_ones = {"known": ", ".join(filters)}
            told = _("There is no such filter. Known ones: %(known)s.") % known_ones
            raise serializers.ValidationError({name: [told] for name in unknown})
        return super().filter_queryset(request, queryset, view)


class ProductFilter(django_filters.CharFilter):
    """By a product's key. The index that finds it starts with the product model: any will do."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        path = self.field_name.removesuffix("object_id")
        return qs.filter(**{self.field_name: value, f"{path}target__in": list(get_targets())})


class KeyFilter(django_filters.NumberFilter):
    """By a row's key, a whole number that a database can hold."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=MAX_KEY, **kwargs)

    def get_max_validator(self) -> None:
        """The field has its own."""


class RunFilter(KeyFilter):
    """Results of a run, or suggestions of them: read along the run's results.

    Their ids lie close together, and a page begins at the newest of them; the database would go
    through all that is newer. Found by the run itself, SQLite would gather all that belongs to the
    run and put it in order, for each page.
    """

    def filter(self, qs: Any, value: Any) -> Any:
        if value is None:
            return qs
        bounds = find_bounds(value)
        if bounds is None:
            return qs.none()
        if qs.model is Classification:
            return filter_unindexed(qs.filter(pk__range=bounds), "run", value)
        # The bounds once more: PostgreSQL does not see that they hold for the results as well.
        owner = Classification.objects.filter(pk=OuterRef("classification"), pk__range=bounds)
        least, most = bounds
        within = qs.filter(classification__gte=least, classification__lte=most)
        return within.filter(Exists(filter_unindexed(owner, "run", value)))


def find_bounds(run: int) -> tuple[int, int] | None:
    """The lowest and the highest id of a run's results; None if it has none.

    Two short looks into the index for each state.
    """
    rows = Classification.objects.filter(run=run)
    looks = [
        Subquery(find_end(rows, "state", state, newest=newest))
        for state in Classification.State.values
        for newest in (False, True)
    ]
    found = Run.objects.filter(pk=run).values_list(*looks).first() or ()
    ids = [pk for pk in found if pk is not None]
    return (min(ids), max(ids)) if ids else None


class SuggestionFilter(Filters):
    target = django_filters.CharFilter(field_name="classification__target")
    product = ProductFilter(field_name="classification__object_id")
    run = RunFilter(field_name="classification__run")
    current = TruthFilter(field_name="classification__is_current")
    min_confidence = django_filters.NumberFilter(field_name="confidence", lookup_expr="gte")
    max_confidence = django_filters.NumberFilter(field_name="confidence", lookup_expr="lte")

    class Meta:
        model = Suggestion
        fields = ("state", "label", "source")


class LabelFilter(django_filters.CharFilter):
    """By the likeliest label; of current results from the newest of them on.

    The results of a dry run of everything are newer, and none of them is current.
    """

    def filter(self, qs: Any, value: str) -> Any:
        if value and self.parent.form.cleaned_data.get("is_current"):
            current = Classification.objects.filter(is_current=True)
            newest = find_end(current, "top_label", value, newest=True)
            qs = qs.filter(pk__lte=Subquery(newest))
        return super().filter(qs, value)


class ClassificationFilter(Filters):
    product = ProductFilter(field_name="object_id")
    run = RunFilter(field_name="run")
    change = KeyFilter(field_name="change", label="A dry run's, by its id.")
    top_label = LabelFilter(field_name="top_label")

    class Meta:
        model = Classification
        fields = ("target", "state", "reason", "model_version", "is_current")
