"""Make the search table again from the records."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.search import registry, services


class Command(BaseCommand):
    help = "从业务数据重建检索表(可在运行中执行)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", choices=[kind.key for kind in registry.kinds()])

    def handle(self, *args: Any, **options: Any) -> None:
        for kind in registry.kinds():
            if options["kind"] in (None, kind.key):
                self.stdout.write(f"{kind.label}: {services.rebuild(kind)} 条")
