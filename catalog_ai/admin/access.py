"""Who may see and do what in the admin, and how a refusal is told."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from catalog_ai.errors import CatalogAIError
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow.permissions import (
    AUTO_APPLY,
    CATEGORIZE,
    EXPORT,
    REVIEW,
    ROLL_BACK,
    VIEW_RUNS,
    is_allowed,
)

ANY = (CATEGORIZE, REVIEW, ROLL_BACK, EXPORT)
EXPLAINED = (CatalogAIError, BundleError)  # errors whose text is fit to be shown


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether the person has one of the permissions."""
    return any(is_allowed(request.user, permission) for permission in permissions)


def demand(request: HttpRequest, *permissions: str) -> None:
    """Pass with one of the permissions.

    Raises:
        PermissionDenied: the person has none of them.
    """
    if not may(request, *permissions):
        raise PermissionDenied


def demand_runs(request: HttpRequest) -> None:
    """Pass for whoever may see runs.

    Raises:
        PermissionDenied.
    """
    if not is_allowed(request.user, VIEW_RUNS):
        demand(request, *ANY)


def list_rights(request: HttpRequest) -> dict[str, bool]:
    """The person's rights by a short name, for templates."""
    return {
        "categorize": may(request, CATEGORIZE),
        "apply": may(request, AUTO_APPLY),
        "review": may(request, REVIEW),
        "roll_back": may(request, ROLL_BACK),
        "export": may(request, EXPORT),
    }


Result = TypeVar("Result")


def attempt(request: HttpRequest, verb: Callable[[], Result]) -> Result | None:
    """The verb's result; None where it refused, and then the person is told why."""
    try:
        return verb()
    except EXPLAINED as refused:
        messages.error(request, str(refused))
        return None


def find_url(name: str, *args: object, site: str = "admin") -> str:
    """Address of an admin page by its name; empty where this admin has no such page."""
    try:
        return reverse(f"admin:{name}", args=args, current_app=site)
    except NoReverseMatch:
        return ""
