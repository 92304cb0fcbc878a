"""A merchandiser's way through a catalogue, from photos to the last decision; prints JSON.

    python benchmarks/walk.py --photos FOLDER --labels CSV [--facet articleType] [--split test]
        [--count 500]

The demo shop takes in the photos; what the model is unsure of is then decided one by one, by
keyboard, in Chromium, as somebody would who knows the answer: the key of the right suggestion, or
the right category by its first letters, or "none of these" where the shop has no such category.
`machine_minutes` is the time that the browser and the shop took for it. `person_minutes` is a
model and no measurement: the keystroke-level model (Card, Moran and Newell 1980) with 1.35 s to
look and make up one's mind for each card, once more for each correction, and 0.2 s a key.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, fold_name, load_bundle  # noqa: E402
from catalog_ai.training.manifest import load_manifest  # noqa: E402
from catalog_ai.training.photos import Photos  # noqa: E402
from shop_demo.demo.background import run_demo  # noqa: E402

MIND, KEY = 1.35, 0.2  # seconds
LETTERS = 4  # typed of a category's name before Enter
SETTLED = """pk => {
  const card = document.querySelector(".cai-focus[data-card]");
  return !card || card.dataset.card !== pk;
}"""


def copy_photos(source: Path, labels: Path, facet: str, split: str, count: int) -> dict[str, str]:
    """Put a random `count` photos of a split into VAR/photos; their labels by product."""
    rows = [row for row in load_manifest(labels).rows if not split or row["split"] == split]
    chosen = random.Random(5).sample([row for row in rows if row[facet]], min(count, len(rows)))
    photos, folder = Photos(source), VAR / "photos"
    folder.mkdir()
    for row in chosen:
        (folder / Path(row["file"]).name).write_bytes(photos.read(row["file"]))
    return {_name_product(row["file"]): row[facet] for row in chosen}


def _name_product(file: str) -> str:
    """The title that the demo shop gives a photo of this name."""
    return Path(file).stem.replace("_", " ").replace("-", " ")


def decide_all(page: Page, truth: dict[str, str]) -> Counter[str]:
    """Decide every waiting card; how many of each kind, and keys pressed."""
    done: Counter[str] = Counter()
    with page.expect_navigation():
        page.click("[data-key=f]")
    while card := page.query_selector(".cai-focus[data-card]"):
        pk, title = card.get_attribute("data-card"), card.get_attribute("aria-label") or ""
        decide_card(page, truth.get(title, ""), done)
        page.wait_for_function(SETTLED, arg=pk, polling="raf")
    return done


def decide_card(page: Page, answer: str, done: Counter[str]) -> None:
    choices = page.eval_on_selector_all(
        ".cai-focus-choice .cai-label-name", "all => all.map(one => one.textContent.trim())"
    )
    names = [fold_name(name) for name in choices]
    if fold_name(answer) in names:
        place = names.index(fold_name(answer))
        page.keyboard.press(str(place + 1))
        done["approved_first" if place == 0 else "approved_other"] += 1
        done["keys"] += 1
    elif choose_category(page, answer):
        done["corrected"] += 1
        done["keys"] += LETTERS + 2
    else:
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("r")
        done["dismissed"] += 1
        done["keys"] += 1


def choose_category(page: Page, answer: str) -> bool:
    """Type the first letters until the category is first in the list; False if there is none."""
    page.keyboard.press("c")
    with page.expect_response("**/review/categories/**"):
        page.fill("#cai-category", answer)
    page.wait_for_timeout(50)
    for item in page.query_selector_all("#cai-category-list li"):
        if fold_name(item.get_attribute("data-name") or "") == fold_name(answer):
            item.dispatch_event("mousedown")
            page.click("#cai-correct")
            return True
    page.fill("#cai-category", "")
    return False


def walk(address: str, truth: dict[str, str]) -> dict[str, Any]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(base_url=address)
        page.goto("/admin/login/")
        page.fill("#id_username", "merch")
        page.fill("#id_password", "merch")
        page.click("[type=submit]")
        page.goto("/admin/catalog_ai/run/review/")
        started = time.perf_counter()
        done = decide_all(page, truth)
        minutes = (time.perf_counter() - started) / 60
        browser.close()
    keys = done.pop("keys", 0)
    decisions = sum(done.values())
    person = (MIND * (decisions + done["corrected"]) + KEY * keys) / 60
    return {
        **{name: done[name] for name in ("approved_first", "approved_other", "corrected")},
        "dismissed": done["dismissed"],
        "decisions": decisions,
        "keys": keys,
        "machine_minutes": round(minutes, 2),
        "person_minutes": round(person, 1),
        "decisions_an_hour": round(60 * decisions / person) if person else None,
    }


def compare_categories(truth: dict[str, str]) -> dict[str, int]:
    """How the shop stands afterwards: products by whether their category is the right one."""
    os.environ["DEMO_VAR"] = str(VAR / "demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_demo.settings")
    import django

    django.setup()
    from shop_demo.models import Product

    bundle = load_bundle(Path(os.environ.get("DEMO_BUNDLE", SHIPPED_BUNDLE)))
    found = Counter({"right": 0, "wrong": 0, "none": 0})
    known = {fold_name(label.name) for label in bundle.labels_of("article")}
    for product in Product.objects.prefetch_related("categories"):
        names = {fold_name(one.name) for one in product.categories.all()}
        answer = fold_name(truth.get(product.title, ""))
        found["right" if answer in names else "wrong" if names else "none"] += 1
        found["of_a_type_without_a_label"] += answer not in known
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--facet", default="articleType")
    parser.add_argument("--split", default="test")
    parser.add_argument("--count", type=int, default=500)
    options = parser.parse_args()
    truth = copy_photos(options.photos, options.labels, options.facet, options.split, options.count)
    started = time.perf_counter()
    with run_demo(VAR / "demo", VAR / "photos") as address:
        took_in = time.perf_counter() - started
        before = compare_categories(truth)
        figures = walk(address, truth)
        after = compare_categories(truth)
    result = {"photos": len(truth), "minutes_to_take_in": round(took_in / 60, 2)}
    print(json.dumps({**result, "before": before, **figures, "after": after}, indent=2))
    shutil.rmtree(VAR)


if __name__ == "__main__":
    VAR = Path(tempfile.mkdtemp(prefix="walk-"))
    main()
