"""Which errors say that a service is away, and nothing of the image that was in hand."""

import errno
import socket

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


def is_outage(error: BaseException) -> bool:
    """Whether this error, or one that it was made from, is of a service that does not answer.

    Clients of storages wrap what the socket raised in errors of their own, and keep it as cause
    or context.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if isinstance(link, AWAY) or getattr(link, "errno", None) in AWAY_NUMBERS:
            return True
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return False
