"""Settings of a worker process that a test starts: the test's own database and media."""

import os

from tests.settings import *  # noqa: F403

MEDIA_ROOT = os.environ["TEST_MEDIA_ROOT"]
# Plain pictures are nothing that the model knows, and that stops no run here.
CATALOG_AI = {**CATALOG_AI, "STOP_UNIDENTIFIED_PERCENT": 100}  # noqa: F405
if "TEST_BUNDLE" in os.environ:
    CATALOG_AI["BUNDLE"] = os.environ["TEST_BUNDLE"]
