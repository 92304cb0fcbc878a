"""Names of what is kept in the shop's cache for a while."""

from urllib.parse import quote

import catalog_ai


def name_kept(*parts: object) -> str:
    """A key of this release's own: in an upgrade, two releases share one cache for a while, and
    what the other one has kept may be of another shape.

    Quoted, for memcached refuses a blank, and a moment has one."""
    return ".".join(["catalog_ai", catalog_ai.__version__, *(quote(str(part)) for part in parts)])
