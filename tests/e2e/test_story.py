"""The whole story with nothing faked: browser, web server, Redis, a worker process, the model."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import Classification
from shop_demo.drawings import DRAWINGS, render_drawing
from shop_demo.models import Category, Product
from shop_demo.seeding import encode_jpeg
from tests.admin.browser import CHROMIUM, open_browser
from tests.e2e.workers import start_worker, wait_for, worker_environment
from tests.factories import make_product, make_superuser
from tests.inference.corpus import encode, make_picture

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def worker(live_queues: Any, media: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The supervisor with its real worker processes."""
    process = start_worker(media, "--bulk", "1")
    yield process
    process.terminate()
    assert process.wait(60) == 0


def test_an_upload_is_judged_by_a_worker_process_and_survives_its_death(
    worker: Any, live_queues: Any
) -> None:
    product = make_product(encode_jpeg(render_drawing(DRAWINGS[0])))
    row = wait_for(
        lambda: Classification.objects.filter(
            object_id=str(product.pk), finished_at__isnull=False
        ).first()
    )
    assert row.is_current and row.scores and row.attempts == 1
    # Kill every worker; the supervisor starts new ones, and nothing is lost.
    subprocess.run(["pkill", "-9", "-P", str(worker.pid)], check=True)
    others = [make_product() for _ in range(5)]
    keys = [str(other.pk) for other in others]
    finished = Classification.objects.filter(object_id__in=keys, finished_at__isnull=False)
    wait_for(lambda: finished.count() == 5)
    assert Classification.objects.filter(object_id__in=keys).count() == 5


def test_rqs_own_cron_sends_what_was_left_behind(live_queues: Any, media: Path) -> None:
    make_product()
    Classification.objects.update(sent_at=None, created_at=timezone.now() - timedelta(minutes=2))
    for name in live_queues:
        live_queues[name].empty()
    manage = [sys.executable, "-m", "django"]
    environment = worker_environment(media)
    cron = subprocess.Popen([*manage, "rqcron", "catalog_ai.cron"], env=environment)
    try:
        wait_for(lambda: live_queues["catalog_ai_cron"].count)
    finally:
        cron.terminate()
        cron.wait(30)
    burst = [*manage, "rqworker", "catalog_ai_cron", "--burst"]
    subprocess.run(burst, env=environment, check=True, timeout=120)
    assert Classification.objects.get().sent_at is not None
    assert live_queues["catalog_ai_uploads"].count == 1


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium")
def test_upload_wait_review_export(
    worker: Any, live_server: Any, client: Any, tmp_path: Path
) -> None:
    client.force_login(make_superuser())
    Category.objects.create(name="Chosen by hand")
    photo = tmp_path / "shirt.jpg"
    photo.write_bytes(encode_jpeg(render_drawing(DRAWINGS[0])))
    with open_browser(live_server.url, client) as page:
        page.goto(reverse("admin:shop_demo_product_add"))
        page.fill("#id_title", "My own shirt")
        page.set_input_files("#id_image", photo)
        page.click("[name=_save]")
        page.wait_for_selector(".success")
        page.goto(reverse("admin:shop_demo_product_changelist"))
        for _ in range(100):
            if page.locator(".cai-label-share").count():
                break
            page.wait_for_timeout(300)
            page.reload()
        assert page.locator(".cai-label-share").count() >= 1
        # A second photo that nobody knows: it waits in the queue and is filed by hand.
        noise = tmp_path / "unknown.png"
        noise.write_bytes(make_noise())
        page.goto(reverse("admin:shop_demo_product_add"))
        page.fill("#id_title", "Something else")
        page.set_input_files("#id_image", noise)
        page.click("[name=_save]")
        page.wait_for_selector(".success")
        for _ in range(100):
            page.goto(reverse("admin:catalog_ai_review"))
            if page.get_by_text("Something else").count():
                break
            page.wait_for_timeout(300)
        with page.expect_navigation():
            page.get_by_text("Something else").first.click()
        page.keyboard.press("c")
        page.keyboard.insert_text("by hand")
        page.wait_for_selector("#cai-category-list li")
        page.keyboard.press("Enter")
        page.wait_for_selector(".success")
    assert Product.objects.get(title="Something else").categories.get().name == "Chosen by hand"
    export = client.get(
        reverse("admin:catalog_ai_export"), {"run": newest_run(), "shape": "products"}
    )
    text = b"".join(export.streaming_content).decode()
    assert "Chosen by hand" in text


def make_noise() -> bytes:
    return encode(make_picture("RGB", (300, 300)), "PNG")


def newest_run() -> int:
    product = Product.objects.get(title="Something else")
    return Classification.objects.get(object_id=str(product.pk)).run_id
