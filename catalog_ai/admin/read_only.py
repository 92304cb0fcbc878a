"""A ModelAdmin that shows rows and changes none: history is made by the verbs only."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from catalog_ai.admin.change_list import OnlySortable, bound_list
from catalog_ai.admin.paginator import LargeListPaginator

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin

STYLES = "catalog_ai/admin.css"


class ReadOnlyAdmin(Base):
    """No adding, no changing, no deleting."""

    show_full_result_count = False
    paginator = LargeListPaginator
    list_per_page = 50
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return bound_list(OnlySortable)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": [STYLES]})
