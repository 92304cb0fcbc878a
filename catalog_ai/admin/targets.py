"""Product models as our pages' addresses and tabs name them."""

from django.http import Http404
from django.utils.text import capfirst

from catalog_ai.admin.access import find_model_url
from catalog_ai.errors import UnknownTarget
from catalog_ai.targets import ProductTarget, get_targets


def read_target(key: str) -> ProductTarget:
    """The target of an address; the first one where it names none.

    Raises:
        Http404: no such target.
    """
    targets = get_targets()
    target = targets.get(key or next(iter(targets), ""))
    if target is None:
        raise Http404(str(UnknownTarget.message))
    return target


def list_targets() -> list[tuple[str, str]]:
    """Keys and names of the product models."""
    targets = get_targets().items()
    return [(key, str(one.get_model()._meta.verbose_name_plural)) for key, one in targets]


def name_target(key: str) -> str:
    """What the shop calls one product of a model; the key where the settings name it no more."""
    target = get_targets().get(key)
    return capfirst(str(target.get_model()._meta.verbose_name)) if target else key


def find_product_url(target: ProductTarget, key: str, site: str) -> str:
    """Address of the product's own page in the admin; empty where it has none."""
    return find_model_url(target.get_model(), "change", target.to_pk(key), site=site)
