"""`manage.py seed_demo`: products for the demo shop; twice is as good as once."""

import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop_demo.photos import read_photos
from shop_demo.seeding import draw_photos, seed_products


class Command(BaseCommand):
    help = "Fills the demo shop with its own drawings, or with the photos of a folder or zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--photos", type=Path, help="A folder or a zip archive of photos.")
        parser.add_argument("--limit", type=int, help="At most so many products.")

    def handle(self, *args: Any, **options: Any) -> None:
        photos = read_photos(options["photos"]) if options["photos"] else draw_photos()
        try:
            made = seed_products(photos, options["limit"])
        except (FileNotFoundError, zipfile.BadZipFile) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} products added.")
