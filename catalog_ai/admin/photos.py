"""Photos on pages: small copies by address, and the view that serves them.

Its address names the photo's digest where it is known, so a browser may keep it for a year.
"""

import logging
from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from catalog_ai.admin.access import find_url, may
from catalog_ai.admin.site import wrap_page
from catalog_ai.inference.images import ImageRejected
from catalog_ai.inference.thumbnails import CONTENT_TYPE, LARGE, MEDIUM, SIDES, SMALL
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.permissions import ANY
from catalog_ai.workflow.thumbnails import NotKept, get_thumbnail

logger = logging.getLogger(__name__)

PAGE = "catalog_ai_photo"
VERSION = 16  # digits of the digest in an address
FOR_EVER = "private, max-age=31536000, immutable"
A_WHILE = "private, max-age=60"  # where nobody has seen yet what the photo holds


@dataclass(frozen=True)
class Photo:
    """A product's photo by its addresses; each copy is made when it is first asked for."""

    target: str
    key: str
    image: FieldFile
    version: str
    site: str  # the name of the admin site that shows it

    @property
    def small(self) -> str:
        return self._find(SMALL)

    @property
    def medium(self) -> str:
        return self._find(MEDIUM)

    @property
    def large(self) -> str:
        return self._find(LARGE)

    @property
    def full(self) -> str:
        """Address of the shop's own file; empty where its storage has no addresses."""
        try:
            return str(self.image.url)
        except NotImplementedError:
            return ""

    def _find(self, side: int) -> str:
        url = find_url(PAGE, side, self.target, self.key, site=self.site)
        if not url:
            return self.full
        return f"{url}?v={self.version}" if self.version else url


def make_photo(
    target: ProductTarget,
    key: str,
    image: FieldFile | None,
    row: Classification | None,
    site: str,
) -> Photo | None:
    """The photo of a product for a page of a site; `row` is its latest result. Reads no storage."""
    if not image:
        return None
    seen = row is not None and row.image_name == str(image.name)
    version = row.image_digest[:VERSION] if row and seen else ""
    return Photo(target.key, key, image, version, site)


def get_photo_url(site: AdminSite) -> URLPattern:
    """Address of the view, to stand in some ModelAdmin's get_urls."""
    view = wrap_page(site, show_photo, cacheable=True)
    return path("photos/<int:side>/<str:target_key>/<path:key>", view, name=PAGE)


def show_photo(
    site: AdminSite, request: HttpRequest, side: int, target_key: str, key: str
) -> HttpResponse:
    """A small copy of a product's photo; a sign in its place where there is none.

    For those whom our pages show it, or who may see the product in the shop's own admin.
    """
    target = get_targets().get(target_key)
    if target is None or side not in SIDES:
        raise Http404
    product = _load(target, key)
    if not _may_see(site, request, target, product):
        raise PermissionDenied
    if product is None:
        raise Http404
    image = target.get_image(product)
    if not image:
        return _show_sign(_("no photo"))
    return _show_copy(request, image, side, _find_row(target, key, str(image.name)))


def _load(target: ProductTarget, key: str) -> models.Model | None:
    try:
        return target.load_products([key]).get(key)
    except (ValidationError, ValueError):  # no key of this shop
        return None


def _may_see(
    site: AdminSite, request: HttpRequest, target: ProductTarget, product: models.Model | None
) -> bool:
    if may(request, *ANY):
        return True
    model = target.get_model()
    if not site.is_registered(model):
        return bool(request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"))
    shop_admin = site.get_model_admin(model)
    allowed = bool(shop_admin.has_view_permission(request, product))
    if product is None or not allowed:
        return allowed
    return shop_admin.get_queryset(request).filter(pk=product.pk).exists()


def _find_row(target: ProductTarget, key: str, name: str) -> Classification | None:
    """The latest result, if it is about this very file."""
    rows = Classification.objects.filter(target=target.key, object_id=key, is_current=True)
    return rows.filter(image_name=name).only("state", "image_digest").first()


def _show_copy(
    request: HttpRequest, image: FieldFile, side: int, row: Classification | None
) -> HttpResponse:
    if row is not None and row.state == Classification.State.FAILED:
        return _show_full(image)  # it may have stopped a worker: not to be decoded here
    if row is not None and row.state == Classification.State.REJECTED:
        return _show_sign(_("unreadable"))
    digest = row.image_digest if row else ""
    wanted = request.GET.get("v", "")
    known = digest if wanted and wanted == digest[:VERSION] else ""
    if known and (same := get_conditional_response(request, etag=_tag(known, side))):
        return same
    try:
        data, digest = get_thumbnail(image, side, known)
    except NotKept:
        return _show_full(image)
    except FileNotFoundError:
        return _show_sign(_("missing"))
    except ImageRejected:
        return _show_sign(_("unreadable"))
    except OSError:
        logger.warning("the photo %s cannot be read", image.name, exc_info=True)
        return _show_sign(_("unreadable"))
    kept = FOR_EVER if digest == known else A_WHILE
    headers = {"Cache-Control": kept, "ETag": _tag(digest, side)}
    return HttpResponse(data, content_type=CONTENT_TYPE, headers=headers)


def _tag(digest: str, side: int) -> str:
    return f'"{digest[:VERSION]}-{side}"'


def _show_full(image: FieldFile) -> HttpResponse:
    """The shop's own file, as large as it is."""
    try:
        return HttpResponseRedirect(image.url, headers={"Cache-Control": A_WHILE})
    except NotImplementedError:
        return _show_sign(_("unreadable"))


def _show_sign(text: str) -> HttpResponse:
    """A picture that says why there is none."""
    svg = render_to_string("admin/catalog_ai/includes/no_photo.svg", {"text": text})
    headers = {"Cache-Control": A_WHILE}
    return HttpResponse(svg, content_type="image/svg+xml", headers=headers)
