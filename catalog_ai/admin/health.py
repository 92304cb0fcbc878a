"""The health page: what is wrong with the catalogue, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, demand, find_url, list_rights, may
from catalog_ai.admin.display import Bar, format_count, format_length
from catalog_ai.admin.export import send_csv
from catalog_ai.admin.health_actions import act
from catalog_ai.admin.health_sections import LABELS, SECTIONS, UNREADABLE
from catalog_ai.admin.targets import list_targets, read_target
from catalog_ai.models import HealthCheck, HealthGroup, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.health.check import find_active, find_done
from catalog_ai.workflow.health.lines import write_found, write_gaps, write_unreadable
from catalog_ai.workflow.health.lists import Found, count_found, count_unreadable, find_gaps
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import ANY, EXPORT, VIEW_RULES
from catalog_ai.workflow.vital_signs import find_outage

Kind = HealthGroup.Kind
NAMES: dict[str, Promise] = {
    Kind.DISAGREES: _("Doubtful category"),
    Kind.NO_IMAGE: _("Without a photo"),
    UNREADABLE: _("Unreadable photos"),
    Kind.DUPLICATES: _("The same photo twice"),
    LABELS: _("Labels without a category"),
}
CHECKED = (Kind.DISAGREES, Kind.NO_IMAGE, Kind.DUPLICATES)  # the others are counted as they are now


@dataclass(frozen=True)
class Tab:
    """One state of the catalogue with how many products (or labels) are in it."""

    name: str
    title: "str | Promise"
    count: int | None  # None: not known before the first check
    bar: Bar


@dataclass(frozen=True)
class Checks:
    """The checks that the page speaks of."""

    done: HealthCheck | None
    active: HealthCheck | None
    failed: HealthCheck | None  # the latest, where it ended badly

    @classmethod
    def load(cls, target: ProductTarget) -> "Checks":
        active = find_active(target.key)
        latest = HealthCheck.objects.filter(target=target.key).order_by("-pk").first()
        failed = latest if latest and latest.state == HealthCheck.State.FAILED else None
        return cls(find_done(target.key), active, failed)


def show_health(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The page; with ?csv= one of its lists as a file; after a POST, the deed."""
    demand(request, *ANY)
    target = read_target(request.GET.get("target", ""))
    if request.method == "POST":
        attempt(request, partial(act, site.name, request, target))
        return HttpResponseRedirect(request.get_full_path())
    checks = Checks.load(target)
    if "csv" in request.GET:
        return _send(request, target, checks.done)
    found = attempt(request, partial(_describe, site, request, target, checks))
    if found is None:  # the model is missing: the start page says what to do
        return HttpResponseRedirect(find_url("catalog_ai_home", site=site.name))
    context = {**site.each_context(request), **found}
    return TemplateResponse(request, "admin/catalog_ai/health.html", context)


def _describe(
    site: AdminSite, request: HttpRequest, target: ProductTarget, checks: Checks
) -> dict[str, object]:
    tabs = list_tabs(target, checks.done)
    show = request.GET.get("show", "")
    if show not in NAMES:
        show = next((tab.name for tab in tabs if tab.count), tabs[0].name)
    tab = next(tab for tab in tabs if tab.name == show)
    waits = show in CHECKED and checks.done is None
    return {
        "title": gettext("Catalogue health"),
        "opts": Run._meta,
        "target": target,
        "targets": list_targets(),
        "checks": checks,
        "outage": find_outage() if checks.active else None,
        "home_url": find_url("catalog_ai_home", site=site.name),
        "tabs": tabs,
        "tab": tab,
        "show": show,
        "address": urlencode({"target": target.key, "show": show}),
        "waits": waits,
        "section": f"admin/catalog_ai/health/{show}.html",
        "rights": list_rights(request),
        "mapping_url": (
            find_url("catalog_ai_labelrule_changelist", site=site.name)
            if may(request, VIEW_RULES)
            else ""
        ),
        "review_url": find_url("catalog_ai_review", site=site.name),
        **({} if waits else SECTIONS[show](request, target, checks.done)),
    }


def list_tabs(target: ProductTarget, check: HealthCheck | None) -> list[Tab]:
    """All states in order. Bars are shares of the products, of the labels in the last one."""
    found = count_found(check)
    unreadable = sum(count_unreadable(target).values())
    labels = find_gaps(target)
    counts: dict[str, int | None] = {
        kind: found.get(kind, Found()).products if check else None for kind in CHECKED
    }
    counts |= {UNREADABLE: unreadable, LABELS: len(labels)}
    products = check.products if check else 0
    largest = {LABELS: len(get_bundle().labels_of(*target.facets))}
    return [
        Tab(name, NAMES[name], counts[name], _draw(counts[name], largest.get(name, products)))
        for name in NAMES
    ]


def _draw(count: int | None, of: int) -> Bar:
    text = "–" if count is None else format_count(count)
    return Bar(name="", text=text, width=format_length((count or 0) / of if of else bool(count)))


def _send(
    request: HttpRequest, target: ProductTarget, check: HealthCheck | None
) -> HttpResponseBase:
    """The file of one list.

    Raises:
        Http404: there is no such list, or nothing was checked yet.
    """
    demand(request, EXPORT)
    name = request.GET["csv"]
    files: dict[str, Callable[[], Iterator[str]]] = {
        UNREADABLE: partial(write_unreadable, target),
        LABELS: partial(write_gaps, target),
    }
    if check is not None:
        files |= {kind: partial(write_found, target, check, kind) for kind in CHECKED}
    if name not in files:
        raise Http404
    return send_csv(files[name](), f"health-{name.replace('_', '-')}")
