"""Settings of the test suite: the demo shop's, with everything temporary and nothing outside."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEMO_VAR", tempfile.mkdtemp(prefix="catalog-ai-tests-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")

if "REDIS_URL" not in os.environ:
    # No Redis is named: the session's fixture starts the embedded one on this port.
    from shop_demo.demo.ports import find_free_port

    os.environ["EMBEDDED_REDIS_PORT"] = str(find_free_port(16390))
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{os.environ['EMBEDDED_REDIS_PORT']}/0"

from shop_demo.settings import *  # noqa: E402, F403
from shop_demo.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, STATIC_ROOT  # noqa: E402

DEBUG = False
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing one
INSTALLED_APPS = [*INSTALLED_APPS, "taggit", "tests.shops"]
if "BROWSER_DELAY" in os.environ:
    MIDDLEWARE = ["tests.late_pages.send_late", *MIDDLEWARE]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CATALOG_AI = {
    "TARGETS": [
        "shop_demo.targets.ShopProductTarget",
        "tests.shops.targets.IntTarget",
        "tests.shops.targets.UuidTarget",
        "tests.shops.targets.SlugTarget",
        "tests.shops.targets.GalleryTarget",
        "tests.shops.targets.TaggedTarget",
    ],
    # A test that wants random audits says so.
    "AUDIT_SHARE_START": 0,
    "AUDIT_SHARE_LEAST": 0,
}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file and not memory: live servers and worker processes share it.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["DEMO_VAR"]) / "test.sqlite3")}
