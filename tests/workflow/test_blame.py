"""A try counts against an image only where the image is the plausible culprit."""

import errno
import http.client
import os
import resource
import signal
import ssl
import time
import urllib.error
import urllib.request
from email.message import Message
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, ProgrammingError
from redis.exceptions import ConnectionError as RedisConnectionError

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification
from catalog_ai.workflow import judging, limits
from catalog_ai.workflow.claim import HOLDER, Blame, claim
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.judging import find_blame
from catalog_ai.workflow.limits import LeaseOver, run_clock
from catalog_ai.workflow.outages import StorageLost, is_outage
from catalog_ai.workflow.reconcile import take_back_held
from tests.factories import make_queued

State = Classification.State


def make_wrapped() -> Exception:
    """What a storage client makes of a socket that nobody listens on."""
    try:
        urllib.request.urlopen("http://127.0.0.1:1/")  # noqa: S310
    except urllib.error.URLError as error:
        return error
    raise AssertionError("somebody listens on port 1")


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("the connection was cut"),
        RedisConnectionError("away"),
        ConnectionResetError("storage"),
        OSError(errno.EHOSTUNREACH, "no route"),
    ],
)
def test_a_service_that_is_away_is_an_outage(error: Exception) -> None:
    assert is_outage(error)


def test_an_outage_is_known_through_what_wraps_it() -> None:
    assert is_outage(make_wrapped())


class ClientError(Exception):
    """An error of a storage's client, with what such clients hang onto theirs."""

    def __init__(self, **fields: Any) -> None:
        super().__init__("the storage said no")
        vars(self).update(fields)


class Answer:
    """An HTTP answer; like that of `requests`, a bad one counts as false."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __bool__(self) -> bool:
        return False


def make_answered(status: int) -> list[Exception]:
    """What clients raise for an HTTP status, by their shapes."""
    named = {"Error": {"Code": "Any"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    url = "http://storage/p.png"
    return [
        ClientError(response=named),  # botocore
        ClientError(response=Answer(status_code=status)),  # requests
        ClientError(code=HTTPStatus(status), response=None),  # google
        ClientError(status_code=status, response=Answer(status_code=status)),  # azure
        ClientError(code="Any", response=Answer(status=status)),  # minio, on urllib3
        urllib.error.HTTPError(url, status, "no", Message(), None),
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_storage_that_fails_or_throttles_is_an_outage(status: int) -> None:
    for error in make_answered(status):
        assert is_outage(error), vars(error)
        try:
            raise OSError("cannot open the file") from error
        except OSError as wrapped:
            assert is_outage(wrapped)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 416])
def test_what_a_storage_says_of_one_file_is_none(status: int) -> None:
    for error in make_answered(status):
        assert not is_outage(error), vars(error)


@pytest.mark.parametrize(
    "error", [ssl.SSLEOFError("cut"), http.client.IncompleteRead(b"half"), StorageLost("none")]
)
def test_a_transfer_that_breaks_off_is_an_outage(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "fields",
    [
        {"response": {}},
        {"response": {"ResponseMetadata": None}},
        {"response": "503"},
        {"code": "503", "status": None},
        {"code": lambda: 503},
    ],
)
def test_an_odd_error_is_none(fields: dict[str, Any]) -> None:
    assert not is_outage(ClientError(**fields))


@pytest.mark.django_db
@pytest.mark.parametrize("every", [True, False])
def test_photos_behind_a_storage_that_throttles_are_judged_once_it_answers(
    every: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = make_queued(6)
    names = set(Classification.objects.values_list("image_name", flat=True))
    slow = names if every else {Classification.objects.earliest("pk").image_name}
    sound = FileSystemStorage._open

    def throttle(storage: Any, name: str, mode: str = "rb") -> Any:
        if name in slow:
            raise make_answered(503)[0]
        return sound(storage, name, mode)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_open", throttle)
        for _time in range(10):
            with pytest.raises(ClientError):
                classify_chunk(ids)
    classify_chunk(ids)
    rows = Classification.objects.values_list("is_current", "attempts")
    assert set(rows) == {(True, 1)}


@pytest.mark.parametrize(
    "error", [ValueError("no"), PermissionError(errno.EACCES, "no"), OSError("truncated")]
)
def test_an_error_of_the_file_itself_is_none(error: Exception) -> None:
    assert not is_outage(error)


@pytest.mark.django_db
def test_an_outage_costs_no_try_however_long_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object) -> None:
        raise ConnectionError("storage down")

    ids = make_queued(2)
    with monkeypatch.context() as patch:
        patch.setattr(judging, "classify_images", break_down)
        for _ in range(10):
            with pytest.raises(ConnectionError):
                classify_chunk(ids)
    classify_chunk(ids)
    rows = Classification.objects.values_list("is_current", "attempts")
    assert set(rows) == {(True, 1)}


@pytest.mark.django_db
def test_a_child_that_dies_with_many_images_in_hand_costs_none_of_them_a_try() -> None:
    ids = make_queued(3)
    assert len(claim(ids, fresh=True)) == 3
    assert take_back_held(HOLDER, Blame.IMAGE).taken_back == 3
    assert set(Classification.objects.values_list("attempts", flat=True)) == {0}
    assert claim(ids, fresh=True) == []  # from now on they are tried one by one
    assert len(claim(ids[:1], fresh=False)) == 1


def find_blame_of(end: Any) -> Blame:
    """What a worker makes of a child that ended so."""
    from catalog_ai.workflow.worker import find_blame_of_death

    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        end()
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    return find_blame_of_death(status, usage)


def die_by(number: signal.Signals) -> Any:
    def die() -> None:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    return die


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_is_the_images_own(number: signal.Signals) -> None:
    assert find_blame_of(die_by(number)) is Blame.IMAGE
    assert find_blame_of(lambda: os._exit(1)) is Blame.IMAGE


def test_a_kill_from_outside_is_not_unless_the_process_was_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from catalog_ai.workflow import worker

    monkeypatch.setattr(worker, "LARGE", 2**40)
    kill = die_by(signal.SIGTERM)
    assert find_blame_of(kill) is Blame.WORKER
    monkeypatch.setattr(worker, "LARGE", 1)
    assert find_blame_of(kill) is Blame.IMAGE


@pytest.mark.django_db
def test_an_image_that_fails_alone_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make_queued(3)
    judge = judging.judge_rows

    def stumble(rows: Any) -> Any:
        if ids[0] in [row.pk for row in rows]:
            raise ValueError("of no use")
        return judge(rows)

    monkeypatch.setattr(judging, "judge_rows", stumble)
    rounds = 0
    while Classification.objects.filter(state=State.QUEUED).exists():
        rounds += 1
        with pytest.raises(ValueError, match="of no use"):
            classify_chunk(ids)
    bad, *others = Classification.objects.order_by("pk")
    # Once among the others, then alone until its tries are used up.
    assert rounds == 1 + get_settings().MAX_ATTEMPTS
    assert (bad.state, bad.attempts) == (State.FAILED, get_settings().MAX_ATTEMPTS)
    assert all(row.is_current and row.attempts == 1 for row in others)


def find_blame_of_lease(work: Any, in_hand: int) -> Blame:
    with pytest.raises(LeaseOver) as ended, run_clock(0.3):
        work()
    return find_blame(ended.value, [Classification()] * in_hand)


def compute_for_ever() -> None:
    while True:
        pass


def test_a_picture_without_an_end_is_to_blame_and_a_process_held_up_is_not() -> None:
    assert find_blame_of_lease(compute_for_ever, 1) is Blame.IMAGE
    assert find_blame_of_lease(compute_for_ever, 2) is Blame.WORKER
    assert find_blame_of_lease(lambda: time.sleep(5), 1) is Blame.WORKER


def test_the_limit_of_the_whole_job_blames_no_image() -> None:
    error = limits.JobTimeoutException("600 seconds")
    assert find_blame(error, [Classification()]) is Blame.WORKER


def test_a_limit_that_strikes_amid_a_query_is_known_through_what_wraps_it() -> None:
    with pytest.raises(ProgrammingError) as ended:
        try:
            raise LeaseOver(busy=False)
        except LeaseOver:
            raise ProgrammingError("can't change 'autocommit' now")  # noqa: B904
    assert find_blame(ended.value, [Classification()]) is Blame.WORKER
