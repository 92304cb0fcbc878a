"""Health and metrics, for load balancers and monitoring."""

from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog_ai.operations.access import may_see_details
from catalog_ai.workflow.vital_signs import Sign, examine, explain_database


@never_cache
@require_safe
@transaction.non_atomic_requests
def show_life(request: HttpRequest) -> HttpResponse:
    """200: this process answers. Asks nothing else."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
@transaction.non_atomic_requests
def show_health(request: HttpRequest) -> HttpResponse:
    """200 where all is well, else 503. Why, is told only to those who may see details."""
    signs = examine()
    well = all(sign.ok for sign in signs)
    details = may_see_details(request)
    body = {"ok": well, "checks": [as_json(sign, details) for sign in signs]}
    return JsonResponse(body, status=200 if well else 503)


def as_json(sign: Sign, details: bool) -> dict[str, object]:
    shown: dict[str, object] = {"name": sign.name, "ok": sign.ok}
    return {**shown, "why": sign.why} if details else shown


@never_cache
@require_safe
@transaction.non_atomic_requests
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. 403 without the right, 501 without prometheus-client, 503 in an outage."""
    if not may_see_details(request):
        return HttpResponseForbidden("A token or a login is needed.\n", content_type="text/plain")
    try:
        from catalog_ai.operations.metrics import CONTENT_TYPE, write_metrics
    except ModuleNotFoundError as error:
        if error.name != "prometheus_client":
            raise
        hint = 'Metrics need prometheus-client: pip install "catalog-ai[metrics]".\n'
        return HttpResponse(hint, status=501, content_type="text/plain")
    try:
        return HttpResponse(write_metrics(), content_type=CONTENT_TYPE)
    except (DatabaseError, InterfaceError) as error:
        text = explain_database(error, type(error).__name__)
        return HttpResponse(f"{text}\n", status=503, content_type="text/plain")
