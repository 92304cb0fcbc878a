"""The start page: is everything in place, and what is there to do?"""

from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.db import models
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import demand, find_model_url, find_url, list_rights
from catalog_ai.admin.display import BAD, GOOD, QUIET, SIGNS, WAITING, describe_run_state
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import Classification, LabelRule, Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow.describe import describe_mapping
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import ANY, VIEW_RULES, is_allowed
from catalog_ai.workflow.queue import count_waiting
from catalog_ai.workflow.vital_signs import examine

RUNS_SHOWN = 5
URGENCY = (BAD, WAITING, QUIET, GOOD)  # what calls for somebody comes first
RUN_HEADS = {
    "run": _("Run"),
    "state": _("State"),
    "progress": _("Progress"),
    "source": _("From"),
    "created_at": _("Started"),
}


@dataclass(frozen=True)
class Notice:
    """How one part of the set-up stands, and what to do where it does not stand well."""

    title: str
    text: str
    tone: str
    command: str = ""  # to be typed by whoever runs the shop's machines
    url: str = ""
    action: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.tone]


def show_home(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """State of the model, the queue and the mapping, links, and the latest runs."""
    demand(request, *ANY)
    backlog = count_waiting()
    links = find_links(request, site.name)
    notices = [
        *tell_signs(),
        *check_mappings(links["mapping"]),
        *tell_moved_back(links["thresholds"]),
        *tell_stopped(site.name),
        tell_backlog(backlog, links["review"]),
    ]
    context = {
        **site.each_context(request),
        "title": gettext("Catalogue AI"),
        "opts": Run._meta,
        "notices": sorted(notices, key=lambda notice: URGENCY.index(notice.tone)),
        "backlog": backlog,
        "run_heads": RUN_HEADS,
        "runs": [{"run": run, **describe_run_state(run)} for run in load_runs()],
        "products": list_products(site, request),
        "links": links,
    }
    return TemplateResponse(request, "admin/catalog_ai/home.html", context)


def find_links(request: HttpRequest, site: str) -> dict[str, str]:
    """Addresses of our pages; empty where this person has nothing to do there."""
    rights = list_rights(request)
    may_map = is_allowed(request.user, VIEW_RULES)
    return {
        "home": find_url("catalog_ai_home", site=site),
        "review": find_url("catalog_ai_review", site=site) if rights["review"] else "",
        "runs": find_url("catalog_ai_run_changelist", site=site),
        "dashboard": find_url("catalog_ai_dashboard", site=site),
        "health": find_url("catalog_ai_health", site=site),
        "try_one": find_url("catalog_ai_try", site=site) if rights["categorize"] else "",
        "mapping": find_url("catalog_ai_labelrule_changelist", site=site) if may_map else "",
        "thresholds": find_url("catalog_ai_thresholds", site=site) if may_map else "",
    }


def load_runs() -> "models.QuerySet[Run]":
    """The latest ones; each upload is a run of its own and would push out the others."""
    runs = Run.objects.filter(source__in=Run.REQUESTED).select_related("created_by")
    return runs.order_by("-pk")[:RUNS_SHOWN]


def list_products(site: AdminSite, request: HttpRequest) -> list[tuple[str, str]]:
    """Names and addresses of the product lists of this admin that the person may open."""
    found = []
    for target in get_targets().values():
        model = target.get_model()
        if site.is_registered(model) and site.get_model_admin(model).has_view_permission(request):
            url = find_model_url(model, "changelist", site=site.name)
            found.append((str(model._meta.verbose_name_plural), url))
    return found


def tell_signs() -> list[Notice]:
    """What healthz looks at, in words; the database is well, or there would be no page."""
    return [
        Notice(sign.title, sign.why, GOOD if sign.ok else BAD, command=sign.mend)
        for sign in examine()
        if sign.name != "database"
    ]


def check_mappings(page: str) -> list[Notice]:
    """A notice for each product model; one that says so where none is set up."""
    targets = get_targets()
    if not targets:
        text = gettext("The settings name no product model: CATALOG_AI['TARGETS'] is empty.")
        return [Notice(gettext("Product model"), text, BAD)]
    return [_check_mapping(key, len(targets) > 1, page) for key in targets if _has_bundle()]


def _has_bundle() -> bool:
    try:
        return bool(get_bundle())
    except BundleError:
        return False


def _check_mapping(key: str, several: bool, page: str) -> Notice:
    target = get_targets()[key]
    mappings = describe_mapping(target, get_settings().PRESET)
    mapped = sum(item.is_mapped for item in mappings)
    title = gettext("Labels and categories")
    if several:
        title = f"{title} ({target.get_model()._meta.verbose_name_plural})"
    counts = {"mapped": mapped, "all": len(mappings)}
    creates = target.can_make
    if mapped == len(mappings) or creates:
        text = gettext("%(mapped)d of %(all)d labels have a category in the shop.") % counts
        if mapped < len(mappings):
            text += " " + gettext("Others are made when they are first needed.")
        return Notice(title, text, GOOD)
    text = gettext(
        "%(mapped)d of %(all)d labels have a category in the shop. Products with another label "
        "wait for a person even where the model is sure."
    )
    tone = WAITING if mapped else BAD
    action = gettext("Choose categories") if page else ""
    return Notice(title, text % counts, tone, url=f"{page}?target={key}", action=action)


def tell_stopped(site: str) -> list[Notice]:
    """Runs that stopped by themselves and wait for a person to look, the newest few."""
    stopped = Run.objects.filter(state=Run.State.PAUSED, breaker=Run.Breaker.TRIPPED)
    return [
        Notice(
            gettext("%(run)s stopped by itself") % {"run": run},
            run.why,
            BAD,
            url=find_url("catalog_ai_run_change", run.pk, site=site),
            action=gettext("Look at it"),
        )
        for run in stopped.order_by("-created_at")[:RUNS_SHOWN]
    ]


def tell_moved_back(page: str) -> list[Notice]:
    """A notice for each product model with labels that broke their error budget."""
    rules = LabelRule.objects.filter(always_review=True, moved_back_at__isnull=False)
    counts = dict(rules.order_by().values_list("target").annotate(number=Count("pk")))
    return [_tell_moved_back(number, f"{page}?target={key}") for key, number in counts.items()]


def _tell_moved_back(number: int, url: str) -> Notice:
    text = ngettext(
        "%(count)d label made more mistakes than its budget allows and asks a person again.",
        "%(count)d labels made more mistakes than their budget allows and ask a person again.",
        number,
    )
    action = "" if url.startswith("?") else gettext("Look at them")
    title = gettext("Error budget")
    return Notice(title, text % {"count": number}, WAITING, url=url, action=action)


def tell_backlog(backlog: int, url: str) -> Notice:
    """How much waits for a person; where nothing does, what that means."""
    title = gettext("Review queue")
    if backlog:
        text = ngettext(
            "%(count)d product waits for a person.",
            "%(count)d products wait for a person.",
            backlog,
        )
        action = gettext("Review them") if url else ""
        return Notice(title, text % {"count": backlog}, WAITING, url=url, action=action)
    if not Classification.objects.exists():
        text = gettext(
            "Nothing has been categorised yet. Select products in their list and choose "
            "“Auto-categorize selected products”, or save a product with a photo."
        )
        return Notice(title, text, QUIET)
    return Notice(title, gettext("Empty: nothing waits for a person."), GOOD)
