"""A client that saw no answer asks again: its Idempotency-Key makes that one run, not two."""

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import IntegrityError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from catalog_ai.errors import KeyUsedTwice
from catalog_ai.models import Run
from catalog_ai.workflow.permissions import as_user

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

LONGEST = 200  # characters of a key
HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Chosen by you, such as a UUID. Asked again with it, the same run is answered.",
)

Keyed = tuple[str, str]  # key and digest of the request; empty where no key was sent


def read_key(request: Request) -> Keyed:
    """The request's key, with a digest of what is asked.

    Raises:
        ValidationError: the key is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return "", ""
    # A database cannot keep the null character.
    if not key.isprintable() or not 0 < len(key) <= LONGEST:
        told = _("1 to %(longest)d printable characters.") % {"longest": LONGEST}
        raise serializers.ValidationError({"Idempotency-Key": told})
    asked = json.dumps(request.data, sort_keys=True, default=str)
    return key, hashlib.sha256(asked.encode()).hexdigest()


def start_once(user: "Actor", keyed: Keyed, start: Callable[[], Run]) -> tuple[Run, bool]:
    """The run of this request, and whether it was started now.

    Raises:
        KeyUsedTwice: the key belongs to a request that asked for something else.
    """
    if (run := _find_run(user, keyed)) is not None:
        return run, False
    try:
        return start(), True
    except IntegrityError:  # the same request came twice at once, and the other was first
        if (run := _find_run(user, keyed)) is None:
            raise
        return run, False


def _find_run(user: "Actor", keyed: Keyed) -> Run | None:
    key, digest = keyed
    run = Run.objects.filter(created_by=as_user(user), request_key=key).first() if key else None
    if run is not None and run.request_digest != digest:
        raise KeyUsedTwice
    return run
