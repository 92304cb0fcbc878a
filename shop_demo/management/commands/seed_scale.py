"""`manage.py seed_scale`: any number of products with results, to try the admin at size."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from shop_demo.crowd import RANDOM_UUID, seed_crowd
from shop_demo.models import Product


class Command(BaseCommand):
    help = "Fills the demo shop with many products, their results, decisions and runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--products", type=int, default=1_000_000)
        parser.add_argument(
            "--add", action="store_true", help="Add to the products that are there already."
        )
        parser.add_argument(
            "--embeddings", action="store_true", help="Also embeddings, half a kilobyte each."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["products"]
        if count < 1:
            raise CommandError("--products: name one at least.")
        if connection.vendor not in RANDOM_UUID:
            raise CommandError("This fills SQLite and PostgreSQL only.")
        if not options["add"] and Product.objects.exists():
            raise CommandError(
                "The shop has products already, and nothing was changed. Name another database "
                "(DATABASE_URL or DEMO_VAR), or add to what is there with --add."
            )
        with tqdm(total=count, unit=" products", disable=options["verbosity"] < 1) as bar:
            for made in seed_crowd(count, embeddings=options["embeddings"]):
                bar.update(made)
        self.stdout.write(f"{count} products added.")
