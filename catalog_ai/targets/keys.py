"""Primary keys as text, and back."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

BITS = 64  # of the widest whole number that databases take


def parse_pk(model: type[models.Model], key: str) -> Any:
    """The primary key that a text stands for.

    Raises:
        ValidationError: no row of the model can have it.
    """
    pk = model._meta.pk.to_python(key)  # type: ignore[union-attr]
    if isinstance(pk, int) and pk.bit_length() >= BITS:
        raise ValidationError("%(key)s is no key.", params={"key": key})
    return pk


def parse_possible(parse: Callable[[str], Any], keys: Iterable[str]) -> list[Any]:
    """The primary keys of texts, without those that no row can have.

    These are from when the shop gave its rows keys of another kind.
    """
    pks = []
    for key in keys:
        with suppress(ValidationError):
            pks.append(parse(key))
    return pks
