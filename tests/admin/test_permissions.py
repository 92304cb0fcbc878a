"""What each permission opens is as docs/how-to/permissions.md says."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

import catalog_ai
from catalog_ai.workflow import permissions
from tests.admin.people import log_in
from tests.factories import make_classification, make_filed_run

TOLD = Path(__file__).parents[2] / "docs/how-to/permissions.md"
ADMIN = ("home", "run_changelist", "dashboard", "health")
LISTS = ("classification_changelist", "decision_changelist", "labelrule_changelist")


def list_asked() -> set[str]:
    return {
        value
        for name, value in vars(permissions).items()
        if name.isupper() and str(value).startswith("catalog_ai.")
    }


def test_the_page_names_every_permission_that_is_asked_for_and_no_other() -> None:
    told = re.findall(r"`(catalog_ai\.\w+)`", TOLD.read_text(encoding="utf-8"))
    assert set(told) == list_asked()


def test_every_permission_that_is_asked_for_has_its_name_in_one_place() -> None:
    asked = {name.removeprefix("catalog_ai.") for name in list_asked()}
    named = re.compile(rf"""["']catalog_ai\.({"|".join(asked)})["']""")
    files = Path(catalog_ai.__file__).parent.rglob("*.py")
    found = [file.name for file in files if named.search(file.read_text(encoding="utf-8"))]
    assert found == ["permissions.py"]


@pytest.mark.django_db
def test_there_is_every_permission_that_is_asked_for() -> None:
    known = Permission.objects.filter(content_type__app_label="catalog_ai")
    assert {f"catalog_ai.{one.codename}" for one in known} >= list_asked()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("permission", "opened"),
    [
        ("view_classification", {"classification_changelist"}),
        ("view_decision", {"decision_changelist"}),
        ("view_run", {"run_changelist", "dashboard"}),
        ("view_labelrule", {"labelrule_changelist"}),
        *((one, set(ADMIN)) for one in ("categorize_products", "review_suggestions")),
        *((one, set(ADMIN)) for one in ("roll_back_run", "export_results")),
        ("auto_apply", set()),
        ("delete_classification", set()),
    ],
)
def test_a_permission_opens_these_pages_alone(permission: str, opened: set[str]) -> None:
    client = log_in(permission)
    pages = {name: client.get(reverse(f"admin:catalog_ai_{name}")) for name in (*ADMIN, *LISTS)}
    assert {name for name, page in pages.items() if page.status_code == 200} == opened


@pytest.mark.django_db
def test_a_result_with_its_scores_is_for_those_who_may_view_results() -> None:
    make_filed_run()
    row = make_classification(scores={"article:ties": 0.4321})
    address = reverse("admin:catalog_ai_classification_change", args=[row.pk])
    assert "0.4321" in log_in("view_classification").get(address).content.decode()
    assert log_in("categorize_products", "view_run").get(address).status_code == 403
