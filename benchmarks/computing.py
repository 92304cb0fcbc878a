"""How long this process and its database have computed, whatever else the machine does."""

import time
from pathlib import Path

from django.db import connection


def read_computed() -> float:
    """Seconds of computing by this process, and by a PostgreSQL of this machine for it."""
    own = time.process_time()
    if connection.vendor != "postgresql":
        return own
    connection.ensure_connection()
    server = Path(f"/proc/{connection.connection.info.backend_pid}")
    name = server / "comm"
    if not name.exists() or name.read_text() != "postgres\n":
        return own  # it runs elsewhere
    return own + int((server / "schedstat").read_text().split()[0]) / 1e9
