"""The mapping page."""

import re
from typing import Any

import pytest
from django.urls import reverse

from catalog_ai.models import LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.health.lists import find_gaps
from catalog_ai.workflow.models_in_use import get_bundle
from shop_demo.models import Category
from tests.admin.people import log_in
from tests.factories import make_rule
from tests.shops.models import Kind

pytestmark = pytest.mark.django_db
URL = "admin:catalog_ai_labelrule_changelist"
LABEL = "article:jeans"


def send(client: Any, target: str = "shop_demo.product", **fields: str) -> Any:
    """POST one label's row."""
    names = ("category", "auto_threshold", "review_threshold")
    row = {f"{LABEL}-{name}": fields.get(name, "") for name in names}
    return client.post(f"{reverse(URL)}?target={target}", row, follow=True)


@pytest.fixture
def editor() -> Any:
    return log_in("view_labelrule", "change_labelrule")


def test_unmapped_labels_come_first_and_one_of_the_same_name_is_found(
    editor: Any, target: ProductTarget
) -> None:
    Category.objects.create(name="jeans")
    mapping = editor.get(f"{reverse(URL)}?target={target.key}").context["mapping"]
    rows = [form.mapping for form in mapping.forms]
    assert len(rows) == len(get_bundle().labels_of("article"))
    assert [row.is_mapped for row in rows[:-1]] == [False] * (len(rows) - 1)
    assert (rows[-1].label.id, rows[-1].category_name) == (LABEL, "jeans")
    assert mapping.unmapped == len(rows) - 1


@pytest.mark.parametrize("makes", [True, False])
def test_this_page_and_the_health_page_agree_on_labels_without_a_category(
    editor: Any, target: ProductTarget, monkeypatch: pytest.MonkeyPatch, makes: bool
) -> None:
    monkeypatch.setattr(target, "create_categories", makes)
    page = editor.get(f"{reverse(URL)}?target={target.key}").content.decode()
    nowhere = sum(gap.is_nowhere for gap in find_gaps(target))
    assert page.count('class="cai-unmapped"') == nowhere
    assert ("no category yet" in page) is bool(nowhere)
    assert ("made when first needed" in page) is not bool(nowhere)


def test_no_rule_is_changed_past_the_history_of_thresholds(target: ProductTarget) -> None:
    rule = LabelRule.objects.create(target=target.key, label=LABEL, auto_threshold=0.9)
    anything = log_in("view_labelrule", "change_labelrule", "delete_labelrule")
    form = {"target": target.key, "label": LABEL, "auto_threshold": "0.2"}
    answer = anything.post(reverse("admin:catalog_ai_labelrule_change", args=[rule.pk]), form)
    assert answer["Location"] == f"{reverse(URL)}?target={target.key}"
    gone = reverse("admin:catalog_ai_labelrule_delete", args=[rule.pk])
    assert anything.post(gone, {"post": "yes"}).status_code == 403
    rule.refresh_from_db()
    assert rule.auto_threshold == 0.9


def test_a_row_that_is_changed_becomes_a_rule(editor: Any, target: ProductTarget) -> None:
    category = Category.objects.create(name="Denim")
    page = send(editor, category=str(category.pk), auto_threshold="0.95")
    assert "1 label was changed" in page.content.decode()
    rule = LabelRule.objects.get()
    assert (rule.target, rule.label, rule.category) == (target.key, LABEL, str(category.pk))
    assert (rule.auto_threshold, rule.review_threshold) == (0.95, None)


def test_rows_that_the_sent_page_did_not_show_stay_as_they_are(editor: Any) -> None:
    category = Category.objects.create(name="Headgear")
    make_rule("article:caps", category=category)
    send(editor, auto_threshold="0.9")
    assert LabelRule.objects.get(label="article:caps").category == str(category.pk)


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "999999"},
        {"auto_threshold": "1.5"},
        {"auto_threshold": "0.2", "review_threshold": "0.5"},
    ],
)
def test_an_impossible_row_is_refused(editor: Any, fields: dict[str, str]) -> None:
    Category.objects.create(name="Denim")
    page = send(editor, **fields).content.decode()
    assert "errorlist" in page
    assert "1 label has a mistake, told beside it. Nothing was saved." in page
    assert page.count("autofocus") == 1
    assert not LabelRule.objects.exists()


def test_a_threshold_below_the_measured_one_is_pointed_out(
    editor: Any, target: ProductTarget
) -> None:
    measured = get_bundle().labels_by_id[LABEL].thresholds["balanced"].auto
    make_rule(LABEL, auto_threshold=measured / 2)
    page = editor.get(f"{reverse(URL)}?target={target.key}").content.decode()
    assert page.count("expect more mistakes") == 1


def test_with_many_categories_they_are_typed_by_name(
    editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.admin.rule_forms.SELECT_LIMIT", 1)
    Category.objects.create(name="Belts & Braces")
    denim = Category.objects.create(name="Denim")
    page = editor.get(f"{reverse(URL)}?target=shop_demo.product").content.decode()
    assert page.count("<datalist") == 1
    assert "<select" not in page.partition("cai-mapping")[2]
    send(editor, category="denim")
    assert LabelRule.objects.get().category == str(denim.pk)


def test_of_two_categories_of_one_name_the_one_that_is_meant_is_shown_and_stays(
    editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.admin.rule_forms.SELECT_LIMIT", 1)
    _women, men = (str(Kind.objects.create(name="Jeans").pk) for _time in range(2))
    make_rule(LABEL, target="shops.intproduct", category=men)
    page = editor.get(f"{reverse(URL)}?target=shops.intproduct").content.decode()
    field = re.search(rf'name="{LABEL}-category" value="([^"]*)"', page)
    assert field
    send(editor, "shops.intproduct", category=field[1], auto_threshold="0.9")
    rule = LabelRule.objects.get()
    assert (rule.category, rule.auto_threshold) == (men, 0.9)


def test_the_page_needs_the_view_permission_and_saving_the_change_permission() -> None:
    assert log_in("categorize_products").get(reverse(URL)).status_code == 403
    viewer = log_in("view_labelrule")
    assert viewer.get(reverse(URL)).status_code == 200
    assert send(viewer, auto_threshold="0.5").status_code == 403
    assert not LabelRule.objects.exists()


def test_an_unknown_target_is_not_found(editor: Any) -> None:
    assert editor.get(f"{reverse(URL)}?target=no.such").status_code == 404
