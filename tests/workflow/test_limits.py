"""Limits of a job: memory, time in C code, a stop that was asked for, and a child that died."""

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Run
from catalog_ai.workflow import chunks, judging, limits, watchdog
from catalog_ai.workflow.claim import HOLDER, Blame, claim, release_held
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.limits import StopNow
from catalog_ai.workflow.reconcile import take_back_held
from tests.factories import list_states, make_queued

State = Classification.State
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory limits are Linux's")


def run_in_child(work: Callable[[], object]) -> int:
    """The wait status of a forked process that does this and ends."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        code = 1
        try:
            code = 0 if work() else 3
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


@linux
def test_a_process_that_asks_for_more_than_its_limit_gets_a_memory_error() -> None:
    from catalog_ai.workflow.worker import limit_memory

    def ask(megabytes: int) -> bool:
        limit_memory(megabytes)
        try:
            bytearray(3 * 2**30)
        except MemoryError:
            return True
        return False

    assert run_in_child(lambda: ask(2048)) == 0
    assert os.WEXITSTATUS(run_in_child(lambda: ask(0))) == 3


def test_the_memory_limit_must_be_a_whole_number(settings: Any) -> None:
    settings.CATALOG_AI = {"JOB_MEMORY_MB": "2 GB"}
    with pytest.raises(ImproperlyConfigured, match="JOB_MEMORY_MB"):
        get_settings()
    settings.CATALOG_AI = {"JOB_MEMORY_MB": 0}
    assert get_settings().JOB_MEMORY_MB == 0


@pytest.mark.django_db
def test_an_image_that_needs_too_much_memory_is_refused_and_its_neighbours_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = make_queued(3)
    judge = judging.judge_rows

    def run_out(rows: Any) -> Any:
        if ids[1] in [row.pk for row in rows]:
            raise MemoryError
        return judge(rows)

    monkeypatch.setattr(judging, "judge_rows", run_out)
    classify_chunk(ids)
    bad = Classification.objects.get(pk=ids[1])
    assert (bad.state, bad.error_code, bad.attempts) == (State.REJECTED, "out_of_memory", 1)
    assert "more memory" in bad.error and bad.is_current
    others = Classification.objects.exclude(pk=ids[1])
    assert all(row.is_current and row.scores for row in others)


def test_c_code_that_never_returns_ends_a_job_s_process() -> None:
    def hang() -> None:
        limits.enter_child()
        with watchdog.end_process_after(0.5):
            sum(itertools.repeat(0))  # holds the interpreter lock and sees no signal

    # 1, by the watchdog; the alarm of run_in_child would be signal 14.
    assert run_in_child(hang) == 1 << 8


def test_a_process_that_is_no_job_s_own_is_never_ended() -> None:
    def work() -> bool:
        with watchdog.end_process_after(0.05):
            time.sleep(0.3)
        return True

    assert run_in_child(work) == 0


@pytest.mark.django_db
def test_rows_given_back_for_a_stop_cost_no_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(rows: Any) -> None:
        raise StopNow

    sent: list[int] = []
    ids = make_queued(2)
    monkeypatch.setattr(judging, "judge_rows", stop)
    monkeypatch.setattr(chunks, "send_queued", sent.extend)
    classify_chunk(ids)
    rows = Classification.objects.values_list("state", "attempts", "lease_token")
    assert set(rows) == {(State.QUEUED, 0, "")}
    assert sent == ids


@pytest.mark.django_db
def test_a_job_that_is_asked_to_stop_claims_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make_queued(4)
    sent: list[int] = []
    monkeypatch.setattr(chunks, "STORED_TOGETHER", 2)
    answers = iter([False, True])
    monkeypatch.setattr(chunks, "is_stopping", lambda: next(answers))
    monkeypatch.setattr(chunks, "send_queued", sent.extend)
    classify_chunk(ids)
    assert [state == State.QUEUED for state in list_states()] == [False, False, True, True]
    assert sent == ids


@pytest.mark.django_db
def test_the_rows_of_a_dead_child_come_back_at_once_and_those_of_others_do_not() -> None:
    ids = make_queued(2)
    claim(ids[:1], fresh=True)
    claim(ids[1:], fresh=True)
    Classification.objects.filter(pk=ids[1]).update(lease_token="somebody else")
    assert take_back_held(HOLDER, Blame.WORKER).taken_back == 1
    assert list_states() == [State.QUEUED, State.RUNNING]
    assert Classification.objects.get(pk=ids[0]).attempts == 0
    assert release_held() == 0


@pytest.mark.django_db
def test_an_image_that_kills_its_process_is_given_up_after_its_tries() -> None:
    ids = make_queued(1)
    for attempt in range(get_settings().MAX_ATTEMPTS):
        claim(ids, fresh=attempt == 0)
        done = take_back_held(HOLDER, Blame.IMAGE)
    row = Classification.objects.get()
    assert (done.given_up, row.state) == (1, State.FAILED)
    assert "stopped the worker 3 times" in row.error
    assert Run.objects.get().failed == 1
