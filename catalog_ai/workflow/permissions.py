"""Who may do what. Every verb asks here again, whatever the page or API asked before."""

from typing import TYPE_CHECKING, cast

from catalog_ai.errors import NotPermitted

if TYPE_CHECKING:
    # Any user model will do; the stubs know it by this name.
    from django.contrib.auth.models import AnonymousUser, User

    Actor = User | AnonymousUser | None

CATEGORIZE = "catalog_ai.categorize_products"
AUTO_APPLY = "catalog_ai.auto_apply"
REVIEW = "catalog_ai.review_suggestions"
ROLL_BACK = "catalog_ai.roll_back_run"
EXPORT = "catalog_ai.export_results"
VIEW_RUNS = "catalog_ai.view_run"
VIEW_RESULTS = "catalog_ai.view_classification"
VIEW_DECISIONS = "catalog_ai.view_decision"  # and so who decided what
VIEW_RULES = "catalog_ai.view_labelrule"
CHANGE_RULES = "catalog_ai.change_labelrule"

# Any one of these opens the start page, the runs, the dashboard and the catalogue's health.
ANY = (CATEGORIZE, REVIEW, ROLL_BACK, EXPORT)


def is_allowed(actor: "Actor", permission: str) -> bool:
    """Whether a person has a permission. Nobody has none."""
    return actor is not None and bool(actor.has_perm(permission))


def require(actor: "Actor", permission: str) -> None:
    """Pass, or raise NotPermitted."""
    if not is_allowed(actor, permission):
        raise NotPermitted


def as_user(actor: "Actor") -> "User | None":
    """The actor as rows keep one. Anonymous visitors have no permission and never get here."""
    return cast("User | None", actor)
