"""The buttons of a run's page: cancel, pause, resume, retry, and a dry run done for real."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, find_url
from catalog_ai.models import Run
from catalog_ai.workflow.for_real import find_real_run, run_for_real
from catalog_ai.workflow.permissions import CATEGORIZE
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed


def do_command(site: AdminSite, request: HttpRequest, pk: int, command: str) -> HttpResponse:
    """Cancel, pause, resume or retry."""
    demand(request, CATEGORIZE)
    run = get_object_or_404(Run, pk=pk)
    verbs: dict[str, Callable[[], Any]] = {
        "cancel": partial(cancel_run, run, request.user),
        "pause": partial(pause_run, run, request.user),
        "resume": partial(resume_run, run, request.user),
        "retry": partial(retry_failed, run, request.user),
    }
    verb = verbs.get(command)
    if verb is not None and (done := attempt(request, verb)) is not None:
        messages.success(request, _tell(command, done))
    return go_to(site, run)


def do_for_real(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """File the results of a dry run, and show the run that does it."""
    demand(request, CATEGORIZE)
    run = get_object_or_404(Run, pk=pk, dry_run=True)
    before = find_real_run(run)
    started: Run | None = attempt(request, partial(run_for_real, run, request.user))
    if started is not None:
        text = (
            gettext("The results are being filed.")
            if before is None
            else gettext("This is the run that files these results; there is no second one.")
        )
        messages.success(request, text)
    return go_to(site, started or run)


def go_to(site: AdminSite, run: Run) -> HttpResponse:
    return HttpResponseRedirect(find_url("catalog_ai_run_change", run.pk, site=site.name))


def _tell(command: str, done: Any) -> str:
    if command == "retry":
        if not done:
            return gettext("There was nothing to try again.")
        text = ngettext(
            "%(count)d product is being tried again.",
            "%(count)d products are being tried again.",
            done,
        )
        return text % {"count": done}
    if command in {"cancel", "pause"} and done.state == Run.State.DONE:
        return gettext("The run had ended already. Nothing was changed.")
    return {
        "cancel": gettext("The run was cancelled. What it had done stays."),
        "pause": gettext("The run is paused. Products that a worker has in hand are finished."),
        "resume": gettext("The run goes on."),
    }[command]
