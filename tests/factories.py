"""Rows and pictures for tests: small plain functions with good defaults."""

import io
import itertools
from typing import Any

import numpy as np
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from catalog_ai.models import Classification, Decision, LabelRule, Rollback, Run, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.rollback import Step, continue_rollback, start_rollback
from shop_demo.models import Category, Product

numbers = itertools.count(1)


def make_user(*permissions: str, **fields: Any) -> Any:
    """A member of staff with these catalog_ai permissions and no other."""
    name = fields.pop("username", f"user{next(numbers)}")
    user = get_user_model().objects.create_user(
        name, password="pass", **{"is_staff": True, **fields}
    )
    found = Permission.objects.filter(
        content_type__app_label="catalog_ai", codename__in=permissions
    )
    user.user_permissions.set(found)
    return user


def make_superuser() -> Any:
    return get_user_model().objects.create_superuser(f"root{next(numbers)}", password="pass")


def make_client(user: Any = None) -> Client:
    """A client that a user is logged in with; a superuser unless told otherwise."""
    client = Client()
    client.force_login(user or make_superuser())
    return client


def make_image_bytes(
    color: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (64, 64), fmt: str = "PNG"
) -> bytes:
    """An encoded picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, fmt)
    return buffer.getvalue()


def make_unique_image_bytes() -> bytes:
    """A picture that no other call gives."""
    number = next(numbers)
    return make_image_bytes((number % 256, number // 256 % 256, 77))


def make_product(data: bytes | None = None, **fields: Any) -> Product:
    """A product of the demo shop with a picture; its save goes through the upload hook."""
    product = Product(**{"title": f"Product {next(numbers)}", "price": 10, **fields})
    content = ContentFile(data if data is not None else make_unique_image_bytes())
    product.image.save(f"p{next(numbers)}.png", content, save=False)
    product.save()
    return product


def make_unjudged(data: bytes | None = None, **fields: Any) -> Product:
    """The same as if the upload hook had let it pass."""
    product = make_product(data, **fields)
    Classification.objects.filter(object_id=str(product.pk)).delete()
    return product


def make_run(target_key: str = "shop_demo.product", **fields: Any) -> Run:
    defaults: dict[str, Any] = {
        "target": target_key,
        "source": Run.Source.COMMAND,
        "preset": "balanced",
        "model_version": get_bundle().model_version,
        "apply_automatically": True,
        "state": Run.State.RUNNING,
        "collected": True,
    }
    return Run.objects.create(**{**defaults, **fields})


def make_classification(product: Any = None, run: Run | None = None, **fields: Any) -> Any:
    """A current result in review, unless told otherwise."""
    run = run or make_run()
    defaults: dict[str, Any] = {
        "run": run,
        "target": run.target,
        "object_id": str(product.pk) if product else str(next(numbers) + 1_000_000),
        "image_name": product.image.name if product else "gone.png",
        "image_digest": f"{next(numbers):064x}",
        "model_version": run.model_version,
        "preset": run.preset,
        "is_current": True,
        "state": Classification.State.REVIEW,
        "reason": Classification.Reason.LOW_CONFIDENCE,
        "top_label": "article:tshirts",
        "top_confidence": 0.6,
        "uncertainty": 0.4,
    }
    return Classification.objects.create(**{**defaults, **fields})


def make_suggestion(classification: Any = None, **fields: Any) -> Suggestion:
    """A pending suggestion of the model."""
    defaults: dict[str, Any] = {
        "classification": classification or make_classification(),
        "label": "article:tshirts",
        "facet": "article",
        "confidence": 0.6,
        "auto_threshold": 0.9,
        "review_threshold": 0.1,
    }
    return Suggestion.objects.create(**{**defaults, **fields})


def make_rule(label: str, category: Any = "", **fields: Any) -> LabelRule:
    """What the shop says of a label; its category is a row or a key."""
    key = str(getattr(category, "pk", category))
    defaults = {"target": "shop_demo.product", "label": label, "category": key}
    return LabelRule.objects.create(**{**defaults, **fields})


def make_result(scores: dict[str, float] | None = None, digest: str = "") -> ImageResult:
    """What the classifier would give: confidences by label id, nothing for the rest."""
    labels = get_bundle().labels
    confidences = np.array([(scores or {}).get(label.id, 0.0) for label in labels], np.float32)
    embedding = np.zeros(get_bundle().embedding_size, np.float32)
    return ImageResult(digest or f"{next(numbers):064x}", confidences, embedding)


def claim_one(target: ProductTarget, product: Any, run: Run | None = None) -> Classification:
    """A RUNNING row with a lease, as a worker holds it."""
    run = run or make_run(target.key, total=1)
    return Classification.objects.create(
        run=run,
        target=target.key,
        object_id=target.to_key(product.pk),
        image_name=str(target.get_image(product).name),  # type: ignore[union-attr]
        model_version=run.model_version,
        preset=run.preset,
        state=Classification.State.RUNNING,
        attempts=1,
        lease_token=f"token-{next(numbers)}",
    )


def make_filed_run(count: int = 1) -> Run:
    """A finished run that filed so many products by itself."""
    run = make_run(total=count, filed=count, state=Run.State.DONE)
    category, _made = Category.objects.get_or_create(name="T-shirts")
    for _ in range(count):
        product = Product.objects.create(title=f"Filed {next(numbers)}")
        product.categories.add(category)
        row = make_classification(product, run, state=Classification.State.FILED)
        suggestion = make_suggestion(row, state="applied", category=str(category.pk))
        Decision.objects.create(
            classification=row,
            suggestion=suggestion,
            action=Decision.Action.APPLY,
            label=suggestion.label,
            state_after=suggestion.state,
            classification_after=row.state,
            categories_after=[str(category.pk)],
        )
    return run


def roll_back(run: Run, actor: Any) -> Rollback:
    """Roll a run back as a worker does, to the end."""
    rollback = start_rollback(run, actor)
    while continue_rollback(rollback.pk) == Step.MORE:
        pass
    rollback.refresh_from_db()
    return rollback


def make_queued(count: int = 1, data: bytes | None = None) -> list[int]:
    """Ids of so many products' rows, queued by the upload hook."""
    for _number in range(count):
        make_product(data)
    return list(Classification.objects.order_by("pk").values_list("pk", flat=True))


def list_states() -> list[str]:
    """States of all rows, the oldest first."""
    return list(Classification.objects.order_by("pk").values_list("state", flat=True))


def make_card(product: Any, *labels: str) -> list[Suggestion]:
    """Suggestions that wait together for a person."""
    row = make_classification(product)
    return [make_suggestion(row, label=label) for label in labels or ("article:tshirts",)]


def names(product: Any) -> set[str]:
    """Of the product's categories."""
    return set(product.categories.values_list("name", flat=True))


def ledger() -> list[str]:
    """What was done, the oldest entry first."""
    return list(Decision.objects.order_by("pk").values_list("action", flat=True))
