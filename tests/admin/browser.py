"""A real browser for a test, logged in; use it as a context manager, with no query inside."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

CHROMIUM = Path("/usr/bin/chromium")
HANDS = float(os.environ.get("BROWSER_HANDS", 0))  # milliseconds before each thing a test does
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium"),
]


@contextmanager
def open_browser(address: str, client: Client, **options: Any) -> Iterator[Any]:
    """A page of Chromium with the session of `client`; scripts' errors fail the test."""
    from playwright.sync_api import sync_playwright  # only where a browser is wanted

    errors: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            slow_mo=HANDS,
        )
        context = browser.new_context(base_url=address, **options)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
    assert not errors
