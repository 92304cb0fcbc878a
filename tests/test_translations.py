"""Every string that people read can be translated; German proves it."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

import catalog_ai
from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import CAUSES, Cause, tell_cause
from catalog_ai.models.threshold_reasons import REASONS as THRESHOLD_REASONS
from catalog_ai.models.threshold_reasons import Reason, tell_reason
from catalog_ai.workflow.ends import end_row
from catalog_ai.workflow.jobs import classify_chunk
from tests.admin.people import PRODUCTS, log_in
from tests.factories import make_classification, make_product, make_suggestion

APP = Path(catalog_ai.__file__).parent
MEND = "Translate it in catalog_ai/locale and run `make messages`."
# A call of gettext, by any of its names, with literal strings for its first arguments.
LITERAL = r"""\s*(?:[rbu]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*)+"""
CALL = re.compile(rf"(?<![\w.])(?:_|n?gettext(?:_lazy|_noop)?)\(({LITERAL})")


def read_catalogue() -> dict[Any, str]:
    with (APP / "locale/de/LC_MESSAGES/django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined, no-any-return]


def list_strings() -> Iterator[tuple[str, str]]:
    """(where, string) of all that code and templates mark."""
    for file in sorted(APP.rglob("*")):
        if file.suffix not in (".py", ".html") or "training" in file.parts:
            continue
        source = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            source = templatize(source, origin=str(file))
        for match in CALL.finditer(source):
            yield file.name, ast.literal_eval(f"({match.group(1).strip()})")


def test_no_string_is_missing_in_german() -> None:
    known = {key[0] if isinstance(key, tuple) else key for key in read_catalogue()}
    found = list(list_strings())
    assert len(found) > 500
    missing = sorted({f"{where}: {text!r}" for where, text in found if text and text not in known})
    assert not missing, MEND + "\n" + "\n".join(missing)


def test_no_name_of_a_label_is_missing_in_german() -> None:
    bundle = load_bundle(SHIPPED_BUNDLE)
    names = {facet.name for facet in bundle.facets} | {label.name for label in bundle.labels}
    missing = sorted(name for name in names if f"label\x04{name}" not in read_catalogue())
    assert not missing, f"{MEND} {missing}"


def test_translations_keep_the_places_of_their_figures() -> None:
    place = re.compile(r"%(?:\(\w+\))?(?:\.\d+)?[sdf]|%%s")
    wrong = []
    for key, text in read_catalogue().items():
        source = key[0] if isinstance(key, tuple) else key
        singular = isinstance(key, tuple)  # may leave the number out
        if source and not singular and set(place.findall(source)) != set(place.findall(text)):
            wrong.append(source)
    assert not wrong


def test_scripts_hold_no_words_of_their_own() -> None:
    """They take them from the page, which is translated: sentences have a blank and a capital."""
    sentence = re.compile(r"""(["'`])([A-Z][a-z]+ [^"'`]*)\1""")
    for file in (APP / "static").rglob("*.js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not sentence.findall(code), file.name


@pytest.mark.parametrize("code", CAUSES)
def test_every_cause_is_told_in_german(code: str) -> None:
    figures = dict.fromkeys(re.findall(r"%\((\w+)\)", CAUSES[code]), 7)
    with translation.override("de"):
        told = tell_cause(code, figures, "in English")
    assert told != CAUSES[code] % figures
    assert "%" not in told


@pytest.mark.parametrize("code", THRESHOLD_REASONS)
def test_every_reason_of_a_threshold_is_told_in_german(code: str) -> None:
    names = re.findall(r"%\((\w+)\)", THRESHOLD_REASONS[code])
    reason = Reason(code, {**dict.fromkeys(names, "7.5"), "number": 7, "with_model": True})
    with translation.override("de"):
        told = tell_reason(code, reason.figures, reason.sentence)
        assert told != reason.sentence  # which is in English whatever the worker's language is
    assert "%(" not in told and "%%" not in told
    assert tell_reason(code, reason.figures, "") == reason.sentence


def test_reasons_of_an_earlier_version_are_told_as_they_stand() -> None:
    with translation.override("de"):
        assert tell_reason("", None, "Von 30 waren 16.7 % falsch.") == "Von 30 waren 16.7 % falsch."
    assert tell_reason("", None, "") == Reason().sentence == ""


def test_rows_of_an_earlier_version_still_tell_why() -> None:
    with translation.override("de"):
        assert tell_cause("empty", {}, "The file is empty.") == "Die Datei ist leer."
        old = "The file is larger than 20 MB."
        assert tell_cause("too_large", {}, old) == old
        assert tell_cause("failed", {}, "OSError: disk") == "OSError: disk"
        assert tell_cause("", {}, "The product was deleted.") == "Das Produkt wurde gelöscht."
        assert tell_cause("", {}, "") == ""


@pytest.mark.django_db
def test_a_refused_picture_keeps_its_code_and_figures(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "MAX_UPLOAD_BYTES": 2**20}
    make_product(b"x" * (2**20 + 1))
    row = Classification.objects.get()
    with translation.override("de"):  # of the worker: nothing of it is stored
        classify_chunk([row.pk])
    row.refresh_from_db()
    assert (row.error_code, row.error_figures) == ("too_large", {"megabytes": "1"})
    assert row.error == row.trouble == "The file is larger than 1 MB."
    with translation.override("de"):
        assert row.trouble == "Die Datei ist größer als 1 MB."


@pytest.mark.django_db
def test_a_list_in_german_names_labels_and_reasons_in_german() -> None:
    make_suggestion(make_classification(make_product()), label="article:belts")
    Classification.objects.filter(is_current=False).delete()
    refused = make_product()
    Classification.objects.filter(object_id=str(refused.pk)).delete()
    make_classification(
        refused, state="rejected", error_code="too_small", error_figures={"pixels": "8"}
    )
    client = log_in()
    client.cookies["django_language"] = "de"
    page = client.get(reverse(PRODUCTS)).content.decode()
    assert "Gürtel" in page
    assert "Eine Seite des Bildes ist kleiner als 8 Pixel." in page


def test_why_a_run_stopped_is_told_in_the_language_of_whoever_asks() -> None:
    run = Run()
    with translation.override("de"):  # of the worker
        run.explain(Cause("contradicting", {"judged": 10, "odd": 4}))
        assert "4 von 10" in run.why
    assert run.state_reason == run.why and "4 of 10" in run.why
    run.explain(None)
    assert run.why == ""


def test_a_run_that_stopped_under_an_earlier_version_still_says_why() -> None:
    assert Run(state_reason="Nichts erkannt auf 6 von 10 Fotos.").why.startswith("Nichts erkannt")


@pytest.mark.django_db
def test_a_row_whose_worker_was_lost_tells_it_in_german() -> None:
    row = make_classification(make_product(), state="failed")
    with translation.override("de"):
        end_row(row, Classification.State.FAILED, Cause("stops_worker", {"tries": 3}))
    row.save()
    row.refresh_from_db()
    assert row.error == row.trouble == "The image stopped the worker 3 times."
    with translation.override("de"):
        assert "3-mal" in row.trouble
