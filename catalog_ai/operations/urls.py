"""`path("catalog-ai/", include("catalog_ai.operations.urls"))` in the shop's urls."""

from django.urls import path

from catalog_ai.operations import views

app_name = "catalog_ai_operations"
urlpatterns = [
    path("livez", views.show_life, name="livez"),
    path("healthz", views.show_health, name="healthz"),
    path("metrics", views.show_metrics, name="metrics"),
]
