"""/runs/: start a run from ids or a filter, follow it, pause, resume, cancel or retry it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView
from catalog_ai.api.answers import READ, WRITE, answer
from catalog_ai.api.filters import StrictFilters
from catalog_ai.api.requests import HEADER, Keyed, read_key, start_once
from catalog_ai.api.selection import StartRun, refuse_unknown
from catalog_ai.models import Change, Run
from catalog_ai.models.changes import read_side
from catalog_ai.workflow.asked import read_number
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.for_real import find_real_run, run_for_real
from catalog_ai.workflow.locks import outlast_deadlock
from catalog_ai.workflow.permissions import ANY, CATEGORIZE, VIEW_RUNS
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

CHANGES_LISTED = 500
READERS = (*ANY, VIEW_RUNS)


class NewestFirst(CursorPagination):
    ordering = "-pk"
    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor; 404 where its place is no key: the parent would ask the database for it."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and read_number(str(cursor.position)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class RunSerializer(serializers.ModelSerializer[Run]):
    done = serializers.IntegerField(read_only=True)

    class Meta:
        model = Run
        fields = (
            "id",
            "target",
            "source",
            "mode",
            "preset",
            "model_version",
            "apply_automatically",
            "dry_run",
            "results_of",
            "state",
            "state_code",
            "state_reason",
            "created_at",
            "finished_at",
            "rolled_back_at",
            "total",
            "done",
            "skipped",
            "without_image",
            *Run.COUNTERS,
            *Run.EFFECTS,
        )
        # Else the page in a browser offers a form with up to a thousand other runs to choose from.
        read_only_fields = fields


class SideSerializer(serializers.Serializer[Any]):
    categories = serializers.ListField(child=serializers.CharField(), help_text="The shop's keys.")
    labels = serializers.ListField(
        child=serializers.CharField(), help_text="Labels whose category would only be made."
    )


class ChangeSerializer(serializers.ModelSerializer[Change]):
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    class Meta:
        model = Change
        fields = ("id", "effect", "before", "after", "products")

    @extend_schema_field(SideSerializer)
    def get_before(self, change: Change) -> dict[str, list[str]]:
        return read_keys(change.before)

    @extend_schema_field(SideSerializer)
    def get_after(self, change: Change) -> dict[str, list[str]]:
        return read_keys(change.after)


def read_keys(side: str) -> dict[str, list[str]]:
    keys, labels = read_side(side)
    return {"categories": keys, "labels": labels}


class Retried(serializers.Serializer[Any]):
    retried = serializers.IntegerField(help_text="Failed products that are tried again.")
    run = RunSerializer()


RIGHTS: dict[str | None, tuple[str, ...]] = {
    "list": READERS,
    "retrieve": READERS,
    "changes": READERS,
    "metadata": READERS,
    None: READERS,  # a method that there is not: 405 for whoever may know
    **dict.fromkeys(("create", "cancel", "pause", "resume", "retry", "for_real"), (CATEGORIZE,)),
}


@extend_schema_view(
    list=extend_schema(responses=answer(RunSerializer(many=True), *READ, 400)),
    retrieve=extend_schema(responses=answer(RunSerializer, *READ)),
)
class RunViewSet(
    CatalogView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Runs, newest first."""

    queryset = Run.objects.all()
    serializer_class = RunSerializer
    pagination_class = NewestFirst
    filter_backends = (StrictFilters,)
    filterset_fields = ("state", "dry_run", "target")

    @property
    def permissions_any(self) -> tuple[str, ...]:  # type: ignore[override]
        return RIGHTS.get(self.action, ())

    @extend_schema(
        request=StartRun,
        parameters=[HEADER],
        responses=answer(RunSerializer, *WRITE, 409, 503, status=201, more={200: RunSerializer}),
    )
    def create(self, request: Request) -> Response:
        """Start a run; it answers at once and works on in the queue.

        Of ids that no product has, 400 tells the places in `ids`, and nothing is started. With an
        `Idempotency-Key` that you have sent before: the run that it started, with 200.
        """
        asked = StartRun(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        keyed = read_key(request)
        start = partial(start_run, values, request.user, keyed)
        return answer_started(*start_once(request.user, keyed, start))

    @extend_schema(request=None, responses=answer(RunSerializer, *WRITE, 404))
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Let the products go that are still queued; results stay. Of an ended run: nothing."""
        return Response(RunSerializer(cancel_run(self.get_object(), request.user)).data)

    @extend_schema(request=None, responses=answer(RunSerializer, *WRITE, 404))
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Take up no more products until it is resumed. Of a run that does not go on: nothing."""
        return Response(RunSerializer(pause_run(self.get_object(), request.user)).data)

    @extend_schema(request=None, responses=answer(RunSerializer, *WRITE, 404))
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """Go on with a paused run. Of another: nothing."""
        return Response(RunSerializer(resume_run(self.get_object(), request.user)).data)

    @extend_schema(request=None, responses=answer(Retried, *WRITE, 404, 409))
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str | None = None) -> Response:
        """Try the failed products again. 409 where the run was rolled back."""
        run = self.get_object()
        retried = retry_failed(run, request.user)
        run.refresh_from_db()
        return Response({"retried": retried, "run": RunSerializer(run).data})

    @extend_schema(
        request=None,
        responses=answer(RunSerializer, *WRITE, 404, 409, status=201, more={200: RunSerializer}),
    )
    @action(detail=True, methods=["post"], url_path="for-real")
    def for_real(self, request: Request, pk: str | None = None) -> Response:
        """File a dry run's very results; the model looks at nothing again.

        Asked again: the run that does so, with 200. 409 where it is no dry run, or not ended.
        """
        dry_run = self.get_object()
        before = find_real_run(dry_run)
        run = run_for_real(dry_run, request.user, Run.Source.API)
        return answer_started(run, run != before)

    @extend_schema(responses=answer(ChangeSerializer(many=True), *READ))
    @action(detail=True, pagination_class=None, filter_backends=())
    def changes(self, request: Request, pk: str | None = None) -> Response:
        """What a dry run would change: pairs of categories, those of most products first.

        At most 500 of them; `classifications/?change=` lists the products of one.
        """
        changes = self.get_object().changes.order_by("-products", "pk")[:CHANGES_LISTED]
        return Response(ChangeSerializer(changes, many=True).data)


def start_run(values: dict[str, Any], user: "Actor", keyed: Keyed) -> Run:
    """The run that a request asks for.

    Raises:
        ValidationError: it names products that there are not. CatalogAIError: the verb refused.
    """
    # Not before: what was asked for once may have been deleted since.
    refuse_unknown(values["target"], values["products"], values.get("ids", ()))
    start = partial(
        enqueue,
        values["target"],
        values["products"],
        source=Run.Source.API,
        actor=user,
        preset=values.get("preset"),
        mode=Run.Mode(values["mode"]),
        dry_run=values["dry_run"],
        apply_automatically=values["apply_automatically"],
        request=keyed,
    )
    return outlast_deadlock(start)


def answer_started(run: Run, new: bool) -> Response:
    """The run, with 201 if this very request started it, else with 200."""
    code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
    return Response(RunSerializer(run).data, status=code)
