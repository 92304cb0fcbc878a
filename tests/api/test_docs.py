"""The examples of docs/api.md do what they say."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from catalog_ai.models import Run
from tests.factories import make_filed_run, make_image_bytes, make_run, make_superuser

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"
HOST = "https://shop.example"


def list_examples() -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("curl "):
                yield line


def run_curl(line: str, values: dict[str, str]) -> Any:
    """The call that curl would make, with the shell's variables filled in."""
    for name, value in values.items():
        line = line.replace(f"${name}", value)
    _curl, *words = shlex.split(line.replace("shop.product", "shop_demo.product"))
    headers, data, method, address, files = {}, None, "get", "", {}
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = words.pop(0).lower()
        elif word == "-d":
            data, method = words.pop(0), "post"
        elif word == "-F":
            name = words.pop(0).partition("=")[0]
            files[name], method = SimpleUploadedFile("shirt.png", make_image_bytes()), "post"
        else:
            address = word
    assert address.startswith(HOST), line
    body: Any = {"data": files} if files else {}
    if data is not None:
        body = {"data": data, "content_type": headers.pop("Content-Type")}
    return getattr(APIClient(), method)(address.removeprefix(HOST), headers=headers, **body)


@pytest.mark.django_db
def test_every_example_is_answered() -> None:
    cache.clear()
    run = make_filed_run(2)
    dry_run = make_run(dry_run=True, state=Run.State.DONE, finished_at="2026-01-01T00:00Z")
    token = Token.objects.create(user=make_superuser()).key
    values = {
        "API": f"{HOST}/api/catalog-ai/v1",
        "AUTH": f"Authorization: Token {token}",
        "DRY_RUN": str(dry_run.pk),
        "RUN": str(run.pk),
    }
    examples = list(list_examples())
    answers = {line: run_curl(line, values).status_code for line in examples}
    assert set(answers.values()) == {200, 201}, answers
    assert len(examples) > 10
    assert run.rollbacks.exists() and dry_run.done_for_real.exists()
