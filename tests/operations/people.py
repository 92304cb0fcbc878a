"""Who asks for health and metrics."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import make_client, make_user

TOKEN = "a-long-enough-token-of-tests"


def log_in_viewer(**fields: Any) -> Client:
    """Somebody who may see runs; staff unless told otherwise."""
    user = make_user(**fields)
    user.user_permissions.add(Permission.objects.get(codename="view_run"))
    return make_client(user)


def send_token(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
