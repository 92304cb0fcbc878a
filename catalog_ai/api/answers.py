"""What the schema says of refusals: each answer that a call can give is written down."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from catalog_ai.targets import ProductTarget, get_targets


class Refusal(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="Why, in the caller's language.")


WORDS = {
    400: "The request makes no sense: the fields with what is wrong, or `detail`.",
    403: "You are not logged in, or do not hold the permission.",
    404: "There is no such thing.",
    406: "There is no answer in the format that was asked for.",
    409: "The verb refused, and nothing was changed.",
    415: "The body is of a kind that is not read.",
    422: "The image cannot be judged.",
    429: "Too many calls; `Retry-After` says how many seconds to wait.",
    503: "The model is missing or damaged.",
}
MAX_KEY = 2**63 - 1  # the largest that a database can hold
ALWAYS = (403, 406, 429)
READ = (*ALWAYS, 404)
WRITE = (*ALWAYS, 400, 415)


def answer(
    done: Any, *refusals: int, status: int = 200, more: dict[int, Any] | None = None
) -> dict[int, Any]:
    """Every answer of a call for the schema: what it gives with `status`, and its refusals."""
    refused = {
        code: OpenApiResponse(OpenApiTypes.OBJECT if code == 400 else Refusal, WORDS[code])
        for code in sorted(refusals)
    }
    return {status: done, **(more or {}), **refused}


def find_target(key: str | None) -> ProductTarget:
    """The product model that a caller names, or the only one there is.

    Raises:
        ValidationError: none is named like this.
    """
    targets = get_targets()
    key = key or (next(iter(targets)) if len(targets) == 1 else "")
    if key not in targets:
        told = _("Name one of these: %(known)s.") % {"known": ", ".join(targets) or "–"}
        raise serializers.ValidationError({"target": told})
    return targets[key]
