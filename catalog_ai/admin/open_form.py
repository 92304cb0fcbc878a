"""A page with products' fields that stays open while the model files the products.

A form, of one product or of the rows of a list or an inline, writes back every field as it was
shown: whoever changed the price alone would take out the category that was filed meanwhile, and
never know.
"""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.db import models, router, transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _

from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.locks import lock_products

SHOWN = "catalog_ai_shown"  # the hidden field of a form
HELD = "_catalog_ai_held"  # on a request: the lists of it whose products are held


def write_shown(
    target: ProductTarget, forms: "Iterable[ModelForm[Any]]", request: HttpRequest
) -> list[tuple[str, str]]:
    """Name and value of the hidden field of each form of a product; two or three queries.

    A form that comes back with a mistake keeps what it had.
    """
    keys = {_name_field(form): target.to_key(form.instance.pk) for form in forms}
    categories = target.list_categories(target.load_for_lists([*keys.values()]))
    shown = {name: json.dumps(sorted(categories.get(key, ()))) for name, key in keys.items()}
    return [(name, request.POST.get(name) or value) for name, value in shown.items()]


def _name_field(form: "ModelForm[Any]") -> str:
    return f"{form.prefix}-{SHOWN}" if form.prefix else SHOWN


def read_shown(request: HttpRequest, form: "ModelForm[Any]") -> set[str] | None:
    """Keys of the categories that the form was opened with; None where it does not say."""
    with suppress(ValueError, TypeError):
        return set(map(str, json.loads(request.POST.get(_name_field(form), ""))))
    return None


def load_categories(target: ProductTarget, product: models.Model) -> set[str]:
    """The product's categories in the database, whatever the form has put on the object."""
    key = target.to_key(product.pk)
    loaded = target.load_for_lists([key])
    return target.list_categories(loaded).get(key, set())


def hold_categories(
    request: HttpRequest, target: ProductTarget, form: "ModelForm[Any]"
) -> set[str]:
    """The product's categories, which nobody changes until the save that is under way has ended.

    Of a list, all that is sent is held at once: a chunk takes its products in one order, and the
    list shows them in another.
    """
    product, group = form.instance, (form.prefix or "").rpartition("-")[0]
    held: frozenset[str] = getattr(request, HELD, frozenset())
    atomic = transaction.get_connection(router.db_for_write(type(product))).in_atomic_block
    if atomic and group not in held:
        name = re.compile(rf"{re.escape(group)}-\d+-{re.escape(type(product)._meta.pk.name)}")
        sent = [str(value) for field, value in request.POST.items() if name.fullmatch(field)]
        lock_products(target, [*sent, target.to_key(product.pk)])
        setattr(request, HELD, held | {group})  # a list asks for each of its rows
    return load_categories(target, product)


def keep_filed(
    request: HttpRequest, target: ProductTarget, form: "ModelForm[Any]", before: set[str]
) -> None:
    """Put `before` back, the categories right before the save, if the person touched none.

    Where they did choose categories, theirs stand.
    """
    product, shown = form.instance, read_shown(request, form)
    if shown is None or shown == before or load_categories(target, product) != shown:
        return
    key = target.to_key(product.pk)
    # By this very save, the shop may have taken the product out of what may be categorised.
    target.set_categories(target.load_products([key]).get(key, product), before)
    names = ", ".join(sorted(target.get_category_names(before).values())) or _("no category")
    text = _("“%(title)s” was filed while this page was open, and stays in: %(names)s.")
    messages.info(request, text % {"title": target.get_title(product), "names": names})
