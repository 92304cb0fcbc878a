"""Who did it: a user, and the name that stays when the user is deleted."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Signature(TypedDict):
    """The fields of a `SignedModel` that say who."""

    actor: "User | None"
    actor_name: str


def sign(user: "User | None") -> Signature:
    """A person's signature; that of the system itself without one."""
    return {"actor": user, "actor_name": user.get_username() if user else ""}


def link_to_user(name: Any, **options: Any) -> Any:
    """A foreign key to a user, or to nobody, as after the user is deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=name,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        **options,
    )


class SignedModel(models.Model):
    """A row that says who did it. The system has no user; a deleted user's rows keep the name."""

    actor = link_to_user(_("by"))
    actor_name = models.CharField(_("name"), max_length=150, blank=True)

    class Meta:
        abstract = True

    @property
    def signature(self) -> Signature:
        """To sign other rows with, as the same person."""
        return {"actor": self.actor, "actor_name": self.actor_name}


class StartedModel(models.Model):
    """Work that somebody started; the system itself has no user."""

    created_by = link_to_user(_("started by"))

    class Meta:
        abstract = True
