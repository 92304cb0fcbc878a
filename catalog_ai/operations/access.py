"""Who may see details: the holder of the token, or staff who may see runs. Nobody else."""

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from catalog_ai.conf import get_settings
from catalog_ai.workflow.permissions import VIEW_RUNS, is_allowed


def may_see_details(request: HttpRequest) -> bool:
    return has_token(request) or is_trusted_staff(request)


def has_token(request: HttpRequest) -> bool:
    """Whether `Authorization: Bearer ...` names the METRICS_TOKEN; none set, none fits."""
    token = get_settings().METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given, token)


def is_trusted_staff(request: HttpRequest) -> bool:
    try:
        user = getattr(request, "user", None)
        staff = user is not None and user.is_active and getattr(user, "is_staff", False)
        return bool(staff and is_allowed(user, VIEW_RUNS))
    except (DatabaseError, InterfaceError):
        return False  # sessions are in the database: nobody is known while it is away
