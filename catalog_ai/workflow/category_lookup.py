"""The shop's categories by the names of labels, from one query for all labels."""

from functools import cached_property

from catalog_ai.inference.bundle import Label, fold_name
from catalog_ai.targets import ProductTarget


class CategoryLookup:
    """Makes no category. What it has read once it keeps: for a chunk, or a page."""

    def __init__(self, target: ProductTarget) -> None:
        self.target = target

    @cached_property
    def names(self) -> dict[str, str]:
        """Of all the shop's categories, by key."""
        return dict(self.target.category_field.list_all(limit=0))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {fold_name(name): key for key, name in self.names.items()}

    def find(self, label: Label) -> str | None:
        """Key of the category that bears a name of the label, the first one first; or None."""
        if self.target.has_own("look_up_category"):
            return self.target.look_up_category(label)  # asked label by label
        wanted = map(fold_name, label.names)
        return next((self._by_name[name] for name in wanted if name in self._by_name), None)
