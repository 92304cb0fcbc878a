from typing import Any

from django.db import migrations


def index_titles(apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL, an index that the product list's search can use.

    The admin searches for UPPER(title) LIKE UPPER('%text%'): so that is what is indexed.
    """
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX shop_demo_title ON shop_demo_product USING gin "
            "(UPPER(title) gin_trgm_ops)"
        )


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX shop_demo_title")


class Migration(migrations.Migration):
    dependencies = [("shop_demo", "0001_initial")]
    operations = [migrations.RunPython(index_titles, drop_index)]
