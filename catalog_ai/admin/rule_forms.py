"""The forms of the mapping page: a row a label, read, checked and saved together."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import format_threshold, name_label
from catalog_ai.admin.targets import read_target
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import fold_name
from catalog_ai.models import LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.category_search import tell_apart
from catalog_ai.workflow.describe import LabelMapping, describe_mapping
from catalog_ai.workflow.locks import lock_mapping
from catalog_ai.workflow.threshold_changes import Kind, RuleState, lift, record_change

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

    RuleFormBase = forms.ModelForm[LabelRule]
else:
    RuleFormBase = forms.ModelForm

ROWS_SHOWN = 150  # four fields each stay under Django's limit of 1,000 fields a request
SELECT_LIMIT = 200  # with more categories a field with suggestions is shown instead of a select
DATALIST = "cai-categories"


class Offered:
    """The shop's categories as a page offers them, once for all its rows."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = pairs
        self.names = dict(pairs)
        self._by_name = {fold_name(name): key for key, name in pairs}

    def find(self, given: str) -> str:
        """The key that is given as it is or by its name; empty where there is none."""
        return given if given in self.names else self._by_name.get(fold_name(given), "")


class MappingForm(RuleFormBase):
    """One label's row."""

    class Meta:
        model = LabelRule
        fields = ("category", "auto_threshold", "review_threshold", "always_review")

    def __init__(
        self,
        *args: Any,
        mapping: LabelMapping,
        offered: Offered,
        makes: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.mapping = mapping
        self.is_made = makes and not mapping.is_mapped  # a category, when the label first needs it
        self._choose_widget()
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

    def _choose_widget(self) -> None:
        mapping, pairs = self.mapping, self.offered.pairs
        if len(pairs) <= SELECT_LIMIT:
            none = gettext("made when first needed") if self.is_made else gettext("no category")
            self.fields["category"].widget = forms.Select(choices=[("", none), *pairs])
            self.initial["category"] = mapping.category
            return
        self.fields["category"].widget = forms.TextInput({"list": DATALIST, "autocomplete": "off"})
        # As it is offered: a name that several categories have has the key behind it.
        shown = self.offered.names.get(mapping.category, mapping.category_name)
        self.initial["category"] = shown

    def save(self, commit: bool = True) -> LabelRule:
        """What the system set and a person takes back holds until there is new evidence."""
        if self.instance.moved_back_at and not self.cleaned_data["always_review"]:
            lift(self.instance)
        if "auto_threshold" in self.changed_data:
            is_empty = self.cleaned_data["auto_threshold"] is None
            by = LabelRule.SetBy
            self.instance.auto_by = by.NOBODY if is_empty else by.PERSON
        return super().save(commit)

    def save_for(self, actor: "Actor", batch: uuid.UUID) -> None:
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
        key = self.offered.find(given)
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

    def save(self, actor: "Actor") -> int:
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
    offered = Offered(tell_apart(target.category_field.list_all(limit=0)))
    rows = [
        MappingForm(
            # A label that the sent page did not show has no say in the request.
            request.POST if f"{mapping.label.id}-category" in request.POST else None,
            prefix=mapping.label.id,
            instance=mapping.rule or LabelRule(target=target.key, label=mapping.label.id),
            mapping=mapping,
            offered=offered,
            makes=target.can_make,
        )
        for mapping in page
    ]
    unmapped = sum(not mapping.is_mapped for mapping in mappings)
    return MappingPage(target, page, rows, offered.pairs, unmapped)
