"""Addresses of the demo shop."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("catalog-ai/", include("catalog_ai.operations.urls")),
    path("api/catalog-ai/", include("catalog_ai.api.urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
