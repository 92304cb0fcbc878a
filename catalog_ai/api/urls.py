"""Addresses of the API, version 1."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from catalog_ai.api.access import CatalogView, NothingHere, SchemaPermission
from catalog_ai.api.classify import ClassifyView
from catalog_ai.api.decisions import DecideView, UndoView
from catalog_ai.api.health import FindingsView, GapsView, HealthView, LinesView, UnreadableView
from catalog_ai.api.results import ClassificationViewSet, SuggestionViewSet
from catalog_ai.api.rollbacks import PreviewView, ResumeView, RollbackView, StopView
from catalog_ai.api.runs import RunViewSet
from catalog_ai.api.thresholds import ThresholdsView

app_name = "catalog_ai_api"

router = SimpleRouter()
router.register("runs", RunViewSet, basename="run")
router.register("classifications", ClassificationViewSet, basename="classification")
router.register("suggestions", SuggestionViewSet, basename="suggestion")

schema = SpectacularAPIView.as_view(
    authentication_classes=CatalogView.authentication_classes,
    permission_classes=[SchemaPermission],
)

version_1 = [
    path("classify/", ClassifyView.as_view(), name="classify"),
    path("suggestions/decide/", DecideView.as_view(), name="decide"),
    path("undo/", UndoView.as_view(), name="undo"),
    path("runs/<int:pk>/rollback/", RollbackView.as_view(), name="rollback"),
    path("runs/<int:pk>/rollback/preview/", PreviewView.as_view(), name="rollback-preview"),
    path("runs/<int:pk>/rollback/stop/", StopView.as_view(), name="rollback-stop"),
    path("runs/<int:pk>/rollback/resume/", ResumeView.as_view(), name="rollback-resume"),
    path("health/", HealthView.as_view(), name="health"),
    path("health/lines/", LinesView.as_view(), name="health-lines"),
    path("health/lines/<int:pk>/products/", FindingsView.as_view(), name="health-products"),
    path("health/unreadable/", UnreadableView.as_view(), name="health-unreadable"),
    path("health/labels/", GapsView.as_view(), name="health-labels"),
    path("thresholds/", ThresholdsView.as_view(), name="thresholds"),
    path("schema/", schema, name="schema"),
    *router.urls,
    re_path(r".+/$", NothingHere.as_view()),
]

urlpatterns = [path("v1/", include(version_1))]
