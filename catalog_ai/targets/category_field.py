"""What every way of keeping a product's categories can do.

A category is named by a string key: the primary key of a related row, the stored value of a
choice, or the name of a tag.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import models

from catalog_ai.errors import OneCategoryOnly
from catalog_ai.inference.bundle import fold_name


class Change(NamedTuple):
    """A product, the keys of its present categories, and of those that it is to have."""

    product: models.Model
    before: set[str]
    after: set[str]


def pick_only(keys: Collection[str]) -> str | None:
    """The one key for a field that holds no more; None for none.

    Raises:
        OneCategoryOnly: there are several, and none may be chosen by chance.
    """
    if len(keys) > 1:
        raise OneCategoryOnly
    return next(iter(keys), None)


def index_names(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Keys by folded name, from (key, name) pairs; None for a name that several categories have."""
    found: dict[str, str | None] = {}
    for key, name in pairs:
        folded = fold_name(name)
        found[folded] = None if folded in found else key
    return found


def pick_named(index: Mapping[str, str | None], names: Iterable[str]) -> str | None:
    """Key of the category called the first of `names` that any is called, or None.

    Women's "Jeans" and men's in a tree of categories: neither may be chosen by chance.
    """
    wanted = map(fold_name, names)
    return next((index[name] for name in wanted if name in index), None)


class CategoryField(ABC):
    """Reads and writes one product's categories, whatever the shop keeps them in."""

    single_valued = False
    can_create = False

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def read(self, product: models.Model) -> set[str]:
        """Keys of the product's present categories."""

    @abstractmethod
    def write(self, product: models.Model, keys: set[str]) -> None:
        """Make the product's categories exactly `keys`."""

    @property
    def can_write_at_once(self) -> bool:
        """Whether many products can be written together: no code of the shop's hears of each."""
        return False

    def write_at_once(self, changes: Sequence[Change]) -> None:
        """`write` for many products, in a few statements, where `can_write_at_once`."""
        raise NotImplementedError(f"{type(self).__name__} writes one product at a time")

    @abstractmethod
    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        """Display names by key; keys that no longer exist are left out."""

    @abstractmethod
    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        """(key, name) pairs whose name contains `search`, by name."""

    def find(self, names: Iterable[str]) -> str | None:
        """Key of the category called the first of `names` that any is called; see pick_named()."""
        return pick_named(index_names(self.list_all(limit=0)), names)

    def create(self, name: str) -> str | None:
        """Make a new category and give its key; None where it needs more than a name."""
        raise NotImplementedError(f"{type(self).__name__} cannot create categories")
