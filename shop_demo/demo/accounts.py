"""The demo's two people: an administrator, and a merchandiser who may only review."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission


def make_accounts() -> None:
    """Create those that are missing; passwords that were changed stay."""
    users = get_user_model().objects
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", password="admin")  # noqa: S106 - on this machine only
    merch, made = users.get_or_create(username="merch", defaults={"is_staff": True})
    if made:
        merch.set_password("merch")
        merch.save()
    names = ["review_suggestions", "view_product", "view_category", "view_run"]
    found = Permission.objects.filter(
        codename__in=names, content_type__app_label__in=["catalog_ai", "shop_demo"]
    )
    merch.user_permissions.add(*found)
