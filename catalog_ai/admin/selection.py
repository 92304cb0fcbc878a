"""What a person selected in a product list, carried over a page in between without its ids."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.http import HttpRequest

from catalog_ai.errors import UnknownTarget
from catalog_ai.targets import ProductTarget, find_target

ACROSS = "across"  # stands in for the ids that a selection across pages never names


@dataclass(frozen=True)
class Selection:
    """The ticked rows of one page; or, across pages, whatever the list's address selects.

    The page in between posts back to the same address: the list then selects the same products
    anew, by its filters and search, however many they are.
    """

    action: str
    across: bool
    keys: tuple[str, ...]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Names and values that bring the list's own action machinery back to this action."""
        fields = [("action", self.action), ("select_across", "1" if self.across else "0")]
        return fields + [(ACTION_CHECKBOX_NAME, key) for key in self.keys]


def read_selection(request: HttpRequest, action: str) -> Selection:
    """The selection that an action's POST names."""
    across = request.POST.get("select_across") == "1"
    keys = (ACROSS,) if across else tuple(request.POST.getlist(ACTION_CHECKBOX_NAME))
    return Selection(action, across, keys)


def require_target(model_admin: "ModelAdmin[Any]") -> ProductTarget:
    """The target of the admin's model.

    Raises:
        UnknownTarget: the settings name none.
    """
    target = find_target(model_admin.model)
    if target is None:
        raise UnknownTarget
    return target
