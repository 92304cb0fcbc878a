"""Settings of a worker host that shares nothing with the others but what it reaches by network."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import CATALOG_AI, DATABASES, STORAGES

MEDIA_ROOT = "/nonexistent"
STORAGES["default"] = {
    "BACKEND": "tests.hosts.storage.HttpStorage",
    "OPTIONS": {"base": os.environ["IMAGE_SERVER"]},
}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    # The database must not keep what a host that went silent has locked.
    "options": "-c idle_in_transaction_session_timeout=5000",
}
CATALOG_AI = {
    **CATALOG_AI,
    "CHUNK_SIZE": 64,
    "LEASE_SECONDS": 10,
    "STOP_UNIDENTIFIED_PERCENT": 100,
}
