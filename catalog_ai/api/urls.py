"""Addresses of the API, version 1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from catalog_ai.api.access import CatalogView, SchemaPermission
from catalog_ai.api.classify import ClassifyView
from catalog_ai.api.decisions import DecideView, UndoView
from catalog_ai.api.results import ClassificationViewSet, SuggestionViewSet
from catalog_ai.api.runs import RunViewSet

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
    path("schema/", schema, name="schema"),
    *router.urls,
]

urlpatterns = [path("v1/", include(version_1))]
