"""Rows that are given their ids before they are written: a table of them for each model."""

from dataclasses import dataclass, field
from typing import Any

from django.db import models

from catalog_ai.models import Classification, Decision, Run, Suggestion
from shop_demo.models import Product

Filing = Product.categories.through
# In the order of their foreign keys.
MODELS: tuple[type[models.Model], ...] = (
    Product,
    Filing,
    Run,
    Classification,
    Suggestion,
    Decision,
)


@dataclass
class Rows:
    """Rows of one model, the id of the first one, and how many belong to the first n products."""

    model: type[models.Model]
    first: int
    rows: list[Any] = field(default_factory=list)
    through: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def start(cls, model: type[models.Model]) -> "Rows":
        """With ids behind those that the database has."""
        return cls(model, (model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1)

    def add(self, **values: Any) -> Any:
        row = self.model(pk=self.first + len(self.rows), **values)
        self.rows.append(row)
        return row

    def count(self, products: int) -> int:
        """Rows of so many products, of as many blocks as they fill."""
        whole, rest = divmod(products, len(self.through) - 1)
        return whole * self.through[-1] + self.through[rest]


Tables = dict[type[models.Model], Rows]


def start_tables() -> Tables:
    return {model: Rows.start(model) for model in MODELS}
