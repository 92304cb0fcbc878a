"""The thresholds page: figures before a change, the change, and who may make it."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import Classification, ErrorBudget, LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.models_in_use import get_bundle
from tests.admin.people import log_in
from tests.factories import make_classification, make_rule, make_run, make_suggestion

pytestmark = pytest.mark.django_db
URL = "admin:catalog_ai_thresholds"
LABEL = "article:jeans"


def address(**query: str) -> str:
    pairs = "&".join(f"{key}={value}" for key, value in query.items())
    return f"{reverse(URL)}?target=shop_demo.product&{pairs}"


def post(client: Any, **data: str) -> Any:
    return client.post(reverse(URL), {"target": "shop_demo.product", **data}, follow=True)


def make_scores(*scores: float) -> None:
    run = make_run()
    for score in scores:
        make_classification(run=run, top_label=LABEL, scores={LABEL: score})


@pytest.fixture
def editor() -> Any:
    return log_in("view_labelrule", "change_labelrule")


@pytest.mark.parametrize("rights", [(), ("review_suggestions",), ("categorize_products",)])
def test_the_page_is_closed_to_others(rights: tuple[str, ...]) -> None:
    assert log_in(*rights).get(address()).status_code == 403


def test_who_may_only_look_changes_nothing() -> None:
    viewer = log_in("view_labelrule")
    assert b"Look at the changes" not in viewer.get(address()).content
    answer = post(viewer, **{f"auto-{LABEL}": "0.5"})
    again = viewer.post(reverse("admin:catalog_ai_let_file"), {"label": LABEL})
    assert (answer.status_code, again.status_code) == (403, 403)
    assert not LabelRule.objects.exists()


def test_the_figures_follow_the_threshold(editor: Any) -> None:
    make_scores(0.6, 0.7, 0.8, 0.99)
    shares = []
    for auto in ("0.65", "0.9"):
        answer = editor.get(
            address(**{f"auto-{LABEL}": auto}), headers={"Accept": "application/json"}
        )
        shares.append((answer.json()["summary"]["filed"], answer.json()["labels"][LABEL]["filed"]))
    assert shares == [
        ("75\N{NO-BREAK SPACE}%", "75\N{NO-BREAK SPACE}%"),
        ("25\N{NO-BREAK SPACE}%", "25\N{NO-BREAK SPACE}%"),
    ]


def test_a_new_sensitivity_counts_before_the_fields_shown_with_the_old(editor: Any) -> None:
    label = get_bundle().labels_by_id[LABEL]
    query = {"sensitivity": "1", "shown": "", f"auto-{LABEL}": "0.33"}
    answer = editor.get(address(**query), headers={"Accept": "application/json"}).json()
    assert answer["labels"][LABEL]["auto"] == f"{label.thresholds['permissive'].auto:.2f}"


def test_nothing_is_saved_before_it_is_confirmed(editor: Any) -> None:
    page = editor.get(address(review="1", **{f"auto-{LABEL}": "0.97"}))
    assert "What is about to change" in page.content.decode()
    assert not LabelRule.objects.exists()


def test_where_no_threshold_differs_there_is_nothing_to_save(editor: Any) -> None:
    page = editor.get(address(review="1")).content.decode()
    assert "No threshold differs" in page
    assert "confirmed" not in page


def test_thresholds_are_written_as_the_reader_writes_numbers(editor: Any) -> None:
    editor.cookies["django_language"] = "de"
    page = editor.get(address(review="1", **{f"auto-{LABEL}": "0.976"}))
    text = page.content.decode()
    assert re.search(r"<td>0,\d\d</td>", text) and "0,98" in text
    fields = dict(re.findall(r'name="(auto-[^"]+)"\s+value="([^"]*)"', text))
    assert fields == {f"auto-{LABEL}": "0.98"}
    saved = post(editor, **fields, confirmed="1").content.decode()
    assert LabelRule.objects.get().auto_threshold == 0.98
    assert "0,98" in saved.split('id="cai-history-heading"')[1]


def test_a_confirmed_threshold_is_a_rule_with_a_history(editor: Any) -> None:
    page = post(editor, **{f"auto-{LABEL}": "0.97"})
    assert "1 label was changed" in page.content.decode()
    assert LabelRule.objects.get().auto_threshold == 0.97
    assert "0.97" in LogEntry.objects.get().get_change_message()


def test_all_go_back_to_the_default(editor: Any) -> None:
    make_rule(LABEL, auto_threshold=0.99, category="7")
    page = editor.get(address(defaults="1"))
    assert [change["default"] for change in page.context["changes"]] == [True]
    post(editor, **{f"auto-{LABEL}": ""})
    rule = LabelRule.objects.get()
    assert (rule.auto_threshold, rule.category) == (None, "7")


@pytest.mark.parametrize("value", ["1.5", "-1", "nan", "x" * 99, "1e999"])
def test_an_impossible_threshold_changes_nothing(editor: Any, value: str) -> None:
    page = post(editor, **{f"auto-{LABEL}": value})
    assert page.status_code == 200 and not LabelRule.objects.exists()


def test_a_proposal_is_tried_and_states_no_budget(editor: Any) -> None:
    shown = editor.get(address(budget="1", propose="1"))
    assert shown.context["changes"]  # strict thresholds instead of balanced ones
    post(editor, budget="1", **{f"auto-{LABEL}": "0.98"})
    assert not ErrorBudget.objects.exists()
    assert LabelRule.objects.get().auto_by == LabelRule.SetBy.PERSON


def test_a_label_moved_back_is_shown_and_one_click_lets_it_file_again(
    editor: Any, target: ProductTarget
) -> None:
    make_rule(LABEL, always_review=True, moved_back_at=timezone.now(), note="Too many mistakes.")
    page = editor.get(address()).content.decode()
    assert "Moved back to review by the system" in page and "Too many mistakes." in page
    data = {"target": target.key, "label": LABEL}
    editor.post(reverse("admin:catalog_ai_let_file"), data)
    rule = LabelRule.objects.get()
    assert (rule.always_review, rule.moved_back_at) == (False, None)
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("deed", ["let_file", "hand_over"])
def test_what_was_done_names_the_label_in_the_readers_language(
    deed: str, editor: Any, target: ProductTarget
) -> None:
    moved_back = timezone.now() if deed == "let_file" else None
    make_rule("article:belts", auto_threshold=0.5, auto_by="person", moved_back_at=moved_back)
    editor.cookies["django_language"] = "de"
    data = {"target": target.key, "label": "article:belts"}
    page = editor.post(reverse(f"admin:catalog_ai_{deed}"), data, follow=True).content.decode()
    assert "„Gürtel“" in page and "„Belts“" not in page


def test_the_page_asks_the_database_as_often_for_many_results_as_for_few(editor: Any) -> None:
    counts = []
    for _round in range(2):
        make_scores(*[0.8] * 20)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            editor.get(address())
        counts.append(len(queries))
    assert counts[0] == counts[1] and Classification.objects.count() == 40


def test_start_page_and_mapping_page_show_what_was_moved_back(target: ProductTarget) -> None:
    person = log_in("view_labelrule", "change_labelrule", "review_suggestions")
    rule = make_rule(LABEL, always_review=True, note="Too many mistakes.")
    home, mapping = reverse("admin:catalog_ai_home"), "admin:catalog_ai_labelrule_changelist"
    assert b"than its budget allows" not in person.get(home).content
    LabelRule.objects.filter(pk=rule.pk).update(moved_back_at=timezone.now())
    assert b"than its budget allows" in person.get(home).content
    assert b"Too many mistakes." in person.get(f"{reverse(mapping)}?target={target.key}").content


def test_unticked_on_the_mapping_page_it_takes_new_evidence(
    editor: Any, target: ProductTarget
) -> None:
    make_rule(LABEL, always_review=True, moved_back_at=timezone.now(), note="x")
    audit = make_suggestion(label=LABEL, audit=True)
    fields = {f"{LABEL}-{name}": "" for name in ("category", "auto_threshold", "review_threshold")}
    editor.post(f"{reverse('admin:catalog_ai_labelrule_changelist')}?target={target.key}", fields)
    rule = LabelRule.objects.get()
    assert (rule.always_review, rule.moved_back_at, rule.note) == (False, None, "")
    assert rule.evidence_after == audit.pk


@pytest.mark.parametrize(
    "page", ["thresholds", "threshold_changes", "labelrule_changelist"], ids=lambda page: page
)
def test_each_cell_is_named_as_the_head_of_its_column(
    page: str, editor: Any, target: ProductTarget
) -> None:
    post(editor, **{"auto-article:tshirts": "0.5"})
    text = editor.get(reverse(f"admin:catalog_ai_{page}"), {"target": target.key}).content.decode()
    for table in text.split("<table")[1:]:
        heads = re.findall(r'<th scope="col">([^<]+)</th>', table)
        named = list(dict.fromkeys(re.findall(r'data-title="([^"]+)"', table)))
        assert heads and named in ([], heads[1:])
    assert "data-title" in text


@pytest.mark.parametrize("right", ["view_labelrule", "change_labelrule"])
def test_a_form_with_all_labels_becomes_an_address_of_what_was_moved(
    target: ProductTarget, right: str
) -> None:
    client = log_in(right)
    rows = client.get(address()).context["rows"]
    untouched = {f"auto-{row.label.id}": row.auto for row in rows}
    asked = {"ask": "1", "shown": "", "sensitivity": "", **untouched, f"auto-{LABEL}": "0.5"}
    answer = client.post(reverse(URL), {"target": target.key, **asked})
    moved = parse_qsl(urlsplit(answer.url).query)
    assert moved == [("target", target.key), (f"auto-{LABEL}", "0.50")]
    assert len(untouched) > 40
    answer = client.post(reverse(URL), {"target": target.key, **asked, "sensitivity": "1"})
    assert dict(parse_qsl(urlsplit(answer.url).query)) == {"target": target.key, "sensitivity": "1"}


def test_no_two_parts_of_the_page_have_one_name() -> None:
    make_scores(0.5, 0.99)
    page = log_in("view_labelrule").get(address()).content.decode()
    assert 'aria-labelledby="cai-trade-off"' in page
    names = re.findall(r'\sid="([^"]+)"', page)
    assert len(names) == len(set(names))
