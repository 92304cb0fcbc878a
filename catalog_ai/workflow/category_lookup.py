"""The shop's categories by the names of labels, from one query for all labels."""

from functools import cached_property

from catalog_ai.inference.bundle import Label
from catalog_ai.targets import ProductTarget
from catalog_ai.targets.category_field import index_names, pick_named
from catalog_ai.targets.label_names import get_names


class CategoryLookup:
    """Makes no category. What it has read once it keeps: for a chunk, or a page."""

    def __init__(self, target: ProductTarget) -> None:
        self.target = target

    @cached_property
    def names(self) -> dict[str, str]:
        """Of all the shop's categories, by key."""
        return dict(self.target.category_field.list_all(limit=0))

    @cached_property
    def _by_name(self) -> dict[str, str | None]:
        return index_names(self.names.items())

    def find(self, label: Label) -> str | None:
        """Key of the one category that bears a name of the label, the first one first; or None."""
        if self.target.has_own("look_up_category"):
            return self.target.look_up_category(label)  # asked label by label
        return pick_named(self._by_name, get_names(label))
