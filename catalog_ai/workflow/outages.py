"""Which errors say that a service is away, and nothing of the image that was in hand."""

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping

from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from catalog_ai.workflow.limits import StopNow


class StorageLost(Exception):
    """No photo of the shop can be opened: a wrong folder, a disk or a right that is missing."""


AWAY = (
    OperationalError,
    InterfaceError,
    RedisError,
    StorageLost,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    ssl.SSLError,
    http.client.IncompleteRead,
    http.client.BadStatusLine,
)
LIMITS = (JobTimeoutException, StopNow)
BY_CHANCE = (*LIMITS, OperationalError, InterfaceError)
AWAY_NUMBERS = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EIO}
TOO_MANY_REQUESTS, SERVER_ERRORS = 429, range(500, 600)
# Where the errors of storages' clients, and the answers that they carry, keep the HTTP status.
STATUS_NAMES = ("status_code", "status", "code")


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
        isinstance(link, AWAY)
        or getattr(link, "errno", None) in AWAY_NUMBERS
        or any(status == TOO_MANY_REQUESTS or status in SERVER_ERRORS for status in _find(link))
        for link in unwrap(error)
    )


def strikes_by_chance(error: BaseException) -> bool:
    """Whether a limit of time, a stop or a lost database struck, in whatever was at work just then.

    A storage's client may have wrapped it in an error of its own.
    """
    return any(isinstance(link, BY_CHANCE) for link in unwrap(error))


def _find(error: BaseException) -> Iterator[int]:
    """HTTP statuses that an error carries, known by their place: no client is imported here.

    By itself (azure, google, urllib, dropbox), with the answer it was made from (requests,
    azure, minio), or in botocore's mapping of it.
    """
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        found = [(answer.get("ResponseMetadata") or {}).get("HTTPStatusCode")]
    else:
        holders = (error, answer)
        found = [getattr(holder, name, None) for holder in holders for name in STATUS_NAMES]
    return (status for status in found if isinstance(status, int))
