"""Make the buckets of the figures again from the records."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.metrics import registry, services


class Command(BaseCommand):
    help = "从业务数据重建全部数字汇总(可在运行中执行；批量装载数据后执行一次)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", choices=[one.name for one in registry.sources()])

    def handle(self, *args: Any, **options: Any) -> None:
        for source in registry.sources():
            if options["source"] in (None, source.name):
                begun = time.monotonic()
                count = services.rebuild(source.name, now=timezone.now())
                self.stdout.write(f"{source.name}: {count} 行，{time.monotonic() - begun:.1f} 秒")
