"""What a card of the review queue shows, loaded for a whole page at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog_ai.admin.display import Bar, make_guess_bars, make_suggestion_bar, name_label
from catalog_ai.admin.photos import Photo, make_photo
from catalog_ai.admin.targets import find_product_url
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import name_mapped
from catalog_ai.workflow.queue_filter import AGE_NAMES, QueueFilter

KEYS = "123456789"
FILTERS = ("reason", "age", "run", "model", "label")
GUESSES = 3  # likeliest labels shown of an image that nothing was recognised in


@dataclass(frozen=True)
class Choice:
    """A pending suggestion with its bar and its key."""

    suggestion: Suggestion
    bar: Bar
    key: str


@dataclass(frozen=True)
class Card:
    """One product that waits for a person."""

    row: Classification
    title: str
    photo: Photo | None
    product_url: str
    categories: list[str]
    choices: list[Choice]
    guesses: list[Bar]
    filed: list[Bar]
    why: str
    open: bool

    @property
    def image_url(self) -> str:
        """Address of a copy of the photo as large as a card; empty where there is none."""
        return self.photo.medium if self.photo else ""

    @property
    def offers_any(self) -> bool:
        """Whether there are labels on the card to say yes or no to."""
        return bool(self.choices or self.guesses)

    @property
    def likeliest(self) -> str:
        """The label that the card is about first of all; empty for an unreadable image."""
        return self.choices[0].suggestion.label if self.choices else self.row.top_label


def make_cards(target: ProductTarget, rows: Sequence[Classification], site: str) -> list[Card]:
    """Cards of a page of a site, in order: a bounded few queries, whatever the number of rows."""
    products = target.load_products([row.object_id for row in rows])
    present = {key: target.get_categories(product) for key, product in products.items()}
    names = target.get_category_names({key for keys in present.values() for key in keys})
    mapped = name_mapped(target)
    cards = []
    for row in rows:
        product = products.get(row.object_id)
        image = target.get_image(product) if product is not None else None
        keys = present.get(row.object_id, set())
        cards.append(
            Card(
                row=row,
                title=target.get_title(product) if product else _("Deleted product"),
                photo=make_photo(target, row.object_id, image, row, site),
                product_url=find_product_url(target, row.object_id, site) if product else "",
                categories=sorted(names[key] for key in keys if key in names),
                choices=_list_choices(row, mapped),
                guesses=(
                    make_guess_bars(row, target.facets, GUESSES, mapped)
                    if row.state == Classification.State.UNIDENTIFIED
                    else []
                ),
                filed=_list_filed(row, mapped),
                why=explain(row, mapped),
                open=row.waits,
            )
        )
    return cards


def _list_choices(row: Classification, mapped: Mapping[str, str]) -> list[Choice]:
    pending = [item for item in row.suggestions.all() if item.state == Suggestion.State.PENDING]
    pending.sort(key=lambda item: -(item.confidence or 0))
    return [
        Choice(item, make_suggestion_bar(item, mapped), KEYS[place] if place < len(KEYS) else "")
        for place, item in enumerate(pending)
    ]


def _list_filed(row: Classification, mapped: Mapping[str, str]) -> list[Bar]:
    applied = [item for item in row.suggestions.all() if item.state == Suggestion.State.APPLIED]
    return [make_suggestion_bar(item, mapped) for item in applied]


def pair_tiles(cards: Sequence[Card], label: str) -> list[tuple[Card, Choice]]:
    """Cards of the grid with the one suggestion in question; cards without it have no place."""
    return [
        (card, choice)
        for card in cards
        for choice in card.choices
        if choice.suggestion.label == label
    ]


def explain(row: Classification, mapped: Mapping[str, str]) -> str:
    """Why the card is here, in a sentence."""
    reasons = Classification.Reason
    label = name_label(row.top_label, mapped) if row.top_label else ""
    sentences = {
        reasons.LOW_CONFIDENCE: _("The model is not sure enough of “%(label)s” to file it."),
        reasons.SEVERAL_CLOSE: _("Several labels fit, and the product can have one only."),
        reasons.DISAGREES: _("“%(label)s” contradicts what the shop or a person said."),
        reasons.UNIDENTIFIED: _("The model recognises nothing that it knows in this picture."),
        reasons.UNMAPPED: _("The shop has no category for “%(label)s” yet."),
        reasons.NOT_PERMITTED: _("Whoever started the run may not let results file themselves."),
        reasons.SHOP_REFUSED: _("The shop's own code refused the category."),
        reasons.AUDIT: _("Picked at random, to measure how often the model is right."),
    }
    sentence = sentences.get(reasons(row.reason), "") if row.reason in reasons.values else ""
    return sentence % {"label": label} if "%" in sentence else sentence


def list_choices(
    counts: Sequence[tuple[str, int]], chosen: QueueFilter, name: str
) -> list[tuple[str, str, int, bool]]:
    """(address, text, count, whether chosen) of one filter's values."""
    return [
        (
            # Chosen once more, a value lets go of the filter.
            chosen.encode(**{name: "" if getattr(chosen, name) == value else value}),
            name_value(name, value),
            number,
            getattr(chosen, name) == value,
        )
        for value, number in counts
        if value
    ]


def name_filters(chosen: QueueFilter) -> list[str]:
    """Each filter in force, in words."""
    values = [(name, getattr(chosen, name)) for name in FILTERS]
    named = [name_value(name, value) for name, value in values if value]
    return [*named, *([_("Assigned to me")] if chosen.mine else [])]


def name_value(name: str, value: str) -> str:
    if name == "reason":
        return str(dict(Classification.Reason.choices).get(value, value))
    if name == "run":
        return _("Run %(number)s") % {"number": value}
    if name == "age":
        return str(AGE_NAMES[value])
    return name_label(value) if name == "label" else value
