"""What a card of the review queue shows, loaded for a whole page at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from catalog_ai.admin.display import Bar, make_bar, make_suggestion_bar, name_label
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.queue import AGE_NAMES, QueueFilter

KEYS = "123456789"
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
    image_url: str
    product_url: str
    categories: list[str]
    choices: list[Choice]
    guesses: list[Bar]
    filed: list[Bar]
    why: str
    open: bool

    @property
    def likeliest(self) -> str:
        """The label that the card is about first of all; empty for an unreadable image."""
        return self.choices[0].suggestion.label if self.choices else self.row.top_label


def make_cards(target: ProductTarget, rows: Sequence[Classification]) -> list[Card]:
    """Cards of a page, in order: a bounded few queries, whatever the number of rows."""
    products = target.load_products([row.object_id for row in rows])
    present = {key: target.get_categories(product) for key, product in products.items()}
    names = target.get_category_names({key for keys in present.values() for key in keys})
    cards = []
    for row in rows:
        product = products.get(row.object_id)
        image = target.get_image(product) if product is not None else None
        keys = present.get(row.object_id, set())
        cards.append(
            Card(
                row=row,
                title=target.get_title(product) if product else _("Deleted product"),
                image_url=image.url if image else "",
                product_url=find_product_url(target, row.object_id) if product else "",
                categories=sorted(names[key] for key in keys if key in names),
                choices=_list_choices(row),
                guesses=_list_guesses(row, target),
                filed=_list_filed(row),
                why=explain(row),
                open=row.is_current and row.state in Classification.WAITING,
            )
        )
    return cards


def _list_choices(row: Classification) -> list[Choice]:
    pending = [item for item in row.suggestions.all() if item.state == Suggestion.State.PENDING]
    pending.sort(key=lambda item: -(item.confidence or 0))
    return [
        Choice(item, make_suggestion_bar(item), KEYS[place] if place < len(KEYS) else "")
        for place, item in enumerate(pending)
    ]


def _list_filed(row: Classification) -> list[Bar]:
    applied = [item for item in row.suggestions.all() if item.state == Suggestion.State.APPLIED]
    return [make_suggestion_bar(item) for item in applied]


def _list_guesses(row: Classification, target: ProductTarget) -> list[Bar]:
    """The likeliest labels of an unidentified image: too weak to suggest, good for a hint."""
    if row.state != Classification.State.UNIDENTIFIED:
        return []
    guesses = [pair for pair in row.scores.items() if pair[0].partition(":")[0] in target.facets]
    guesses.sort(key=lambda pair: -pair[1])
    return [make_bar(name_label(label), score) for label, score in guesses[:GUESSES]]


def find_product_url(target: ProductTarget, key: str) -> str:
    """Address of the product's own page in the admin; empty where it has none."""
    meta = target.get_model()._meta
    try:
        name = f"admin:{meta.app_label}_{meta.model_name}_change"
        return reverse(name, args=[target.to_pk(key)])
    except NoReverseMatch:
        return ""


def pair_tiles(cards: Sequence[Card], label: str) -> list[tuple[Card, Choice]]:
    """Cards of the grid with the one suggestion in question; cards without it have no place."""
    return [
        (card, choice)
        for card in cards
        for choice in card.choices
        if choice.suggestion.label == label
    ]


def explain(row: Classification) -> str:
    """Why the card is here, in a sentence."""
    reasons = Classification.Reason
    label = name_label(row.top_label) if row.top_label else ""
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
            _name_value(name, value),
            number,
            getattr(chosen, name) == value,
        )
        for value, number in counts
        if value
    ]


def _name_value(name: str, value: str) -> str:
    if name == "reason":
        return str(dict(Classification.Reason.choices).get(value, value))
    if name == "run":
        return _("Run %(number)s") % {"number": value}
    if name == "age":
        return str(AGE_NAMES[value])
    return name_label(value) if name == "label" else value
