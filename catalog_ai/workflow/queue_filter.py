"""What of the review queue to show and in which order, as the page's address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from catalog_ai.workflow.asked import read_number, read_text
from catalog_ai.workflow.queue_counts import AGES, DAY, MONTH, WEEK

UNCERTAIN, VALUABLE, OLDEST = "uncertain", "valuable", "oldest"
ORDERS = {
    UNCERTAIN: _("Most uncertain first"),
    VALUABLE: _("Most valuable first"),
    OLDEST: _("Oldest first"),
}
AGE_NAMES = {
    DAY: _("Longer than a day"),
    WEEK: _("Longer than a week"),
    MONTH: _("Longer than a month"),
}
GRID = "grid"  # one label at a time


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue to show and in which order; it lives in the page's address."""

    target: str
    label: str = ""
    reason: str = ""
    run: str = ""
    model: str = ""
    age: str = ""  # of AGES: older than that
    order: str = UNCERTAIN
    mine: str = ""  # "1": the cards of one's own batch only
    view: str = ""
    after: str = ""  # where the last page ended: "sort value:id"

    @classmethod
    def read(cls, query: Mapping[str, Any], default_target: str) -> "QueueFilter":
        """From an address; values that cannot be are left out."""
        run = read_number(query.get("run", ""))
        return cls(
            target=read_text(query.get("target", "")) or default_target,
            label=read_text(query.get("label", ""), 64),
            reason=read_text(query.get("reason", ""), 20),
            run="" if run is None else str(run),
            model=read_text(query.get("model", "")),
            age=query["age"] if query.get("age") in AGES else "",
            order=query["order"] if query.get("order") in ORDERS else UNCERTAIN,
            mine="1" if query.get("mine") == "1" else "",
            view=GRID if query.get("view") == GRID else "",
            after=read_text(query.get("after", ""), 60),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is in force."""
        return any((self.label, self.reason, self.run, self.model, self.age, self.mine))

    def encode(self, **changes: str) -> str:
        """The filter as a query string, with changes; a changed filter starts at the first page."""
        changes.setdefault("after", "")
        changed = replace(self, **changes)
        pairs = {name: getattr(changed, name) for name in self.__dataclass_fields__}
        if changed.order == UNCERTAIN:
            del pairs["order"]
        return urlencode({name: value for name, value in pairs.items() if value})
