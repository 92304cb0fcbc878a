"""`manage.py catalog_ai_status`: what `healthz` says, for a person, cron or a container."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from catalog_ai.workflow.vital_signs import examine


class Command(BaseCommand):
    help = "Tells whether all that the work needs is in place; exits with 1 where it is not."
    requires_system_checks = ()  # a damaged model is a finding here, not a refusal to look

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON, as healthz does.")

    def handle(self, *args: Any, **options: Any) -> None:
        signs = examine()
        well = all(sign.ok for sign in signs)
        if options["json"]:
            body = {"ok": well, "checks": [asdict(sign) for sign in signs]}
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            for sign in signs:
                mark = self.style.SUCCESS("ok ") if sign.ok else self.style.ERROR("NOT")
                self.stdout.write(f"{mark} {sign.name}: {sign.why}")
        if not well:
            sys.exit(1)
