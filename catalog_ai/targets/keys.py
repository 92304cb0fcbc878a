"""Primary keys as text, and back."""

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
