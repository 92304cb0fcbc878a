"""Who may see and do what in the admin, and how a refusal is told."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from catalog_ai.errors import CatalogAIError
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow.permissions import (
    ANY,
    AUTO_APPLY,
    CATEGORIZE,
    EXPORT,
    REVIEW,
    ROLL_BACK,
    VIEW_RESULTS,
    VIEW_RUNS,
    is_allowed,
)

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


def find_results_url(request: HttpRequest, site: str) -> str:
    """Address of the list of results, for whoever may see it; else empty."""
    allowed = is_allowed(request.user, VIEW_RESULTS)
    return find_url("catalog_ai_classification_changelist", site=site) if allowed else ""


def name_site(request: HttpRequest) -> str:
    """The admin site that a request came to."""
    return request.resolver_match.namespace if request.resolver_match else "admin"


def find_url(name: str, *args: object, site: str) -> str:
    """Address of a page of an admin site by its name; empty where this admin has no such page."""
    try:
        return reverse(f"admin:{name}", args=args, current_app=site)
    except NoReverseMatch:
        return ""


def find_model_url(model: type[Model], page: str, *args: object, site: str) -> str:
    """Address of a page that a model has in the admin, such as "changelist"; else empty."""
    name = f"{model._meta.app_label}_{model._meta.model_name}_{page}"
    return find_url(name, *args, site=site)
