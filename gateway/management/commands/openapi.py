"""`manage.py openapi FOLDER`: every API's OpenAPI document as a file, for code generators and for the tests."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gateway.dialect import dialects
from gateway.openapi import text


class Command(BaseCommand):
    help = "Write each API's OpenAPI document to FOLDER/<name>.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        for name in dialects():
            (folder / f"{name}.json").write_text(text(name))
