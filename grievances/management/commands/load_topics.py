"""Add the shipped topics, or a district's own; what the office changed of them stays."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from grievances.services import topics
from portal.core.errors import DomainError


class Command(BaseCommand):
    help = "Load topics (code,name,parent,aliases); running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=topics.SHIPPED)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = topics.read(options["file"])
        except (DomainError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        done = topics.load(rows, today=timezone.localdate())
        self.stdout.write(f"topics: {done.created} new, {done.left_out} left out")
