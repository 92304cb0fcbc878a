"""Which errors say that a service is away, and nothing of the image that was in hand."""

import errno
import socket
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

AWAY = (
    OperationalError,
    InterfaceError,
    RedisError,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
)
AWAY_NUMBERS = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EIO}


def unwrap(error: BaseException) -> Iterator[BaseException]:
    """An error and those it was made from: clients wrap what the socket raised in their own."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        link = link.__cause__ or link.__context__


def is_outage(error: BaseException) -> bool:
    """Whether this error, or one that it was made from, is of a service that does not answer."""
    return any(
        isinstance(link, AWAY) or getattr(link, "errno", None) in AWAY_NUMBERS
        for link in unwrap(error)
    )
