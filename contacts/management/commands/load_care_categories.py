"""Bring the care categories to the shipped file, or to a district's own."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts.services import care_catalogue
from portal.core.errors import DomainError


class Command(BaseCommand):
    help = "Load care categories (code,name,basis,is_hardship); running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=care_catalogue.SHIPPED)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = care_catalogue.read(options["file"])
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        done = care_catalogue.load(rows, today=timezone.localdate())
        self.stdout.write(
            f"care categories: {done.created} new, {done.changed} changed, {done.retired} retired"
        )
