"""Errors of catalog_ai. Each message is fit to be shown to the person who caused it."""

from django.utils.translation import gettext_lazy as _


class CatalogAIError(Exception):
    """Base of every error raised on purpose. `str(error)` is for people."""

    message = _("Something went wrong.")

    def __init__(self, message: object = None) -> None:
        super().__init__(message if message is not None else self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class LedgerIsAppendOnly(CatalogAIError):
    message = _("Decisions are never changed or deleted; undo appends a new one.")


class CannotUndo(CatalogAIError):
    message = _("This cannot be undone: something later depends on it. Nothing was changed.")


class NoCategory(CatalogAIError):
    message = _("The shop has no category for “%(label)s”. Choose one.")


class UnknownCategory(CatalogAIError):
    message = _("There is no such category. Nothing was changed.")


class CategoryNotFound(CatalogAIError):
    message = _("No one category is called “%(text)s”. Similar ones: %(names)s.")


class OneCategoryOnly(CatalogAIError):
    message = _("A product can have one category only. Nothing was changed.")


class ShopRefused(CatalogAIError):
    message = _("The shop's own code refused. The log says why.")


class ProductGone(CatalogAIError):
    message = _("The product was deleted meanwhile.")


class NotPermitted(CatalogAIError):
    message = _("You do not have the permission for this.")


class UnknownTarget(CatalogAIError):
    message = _("This product model is not set up for categorisation.")


class NothingFiled(CatalogAIError):
    message = _("A dry run has filed nothing, so there is nothing to roll back.")


class RunIsRolledBack(CatalogAIError):
    message = _("The run was rolled back, or is being rolled back: nothing of it is tried again.")


class NoDryRun(CatalogAIError):
    message = _("Only the results of a dry run can be filed.")


class KeyUsedTwice(CatalogAIError):
    message = _("This Idempotency-Key was used for another run. Nothing was started.")


class NotFinished(CatalogAIError):
    message = _("The dry run has not ended yet.")
