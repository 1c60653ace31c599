"""``manage.py load_scale --visits 1000000 --households 400000``: data for the benchmark."""

import os
import statistics
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.core.errors import DomainError
from portal.desk.scale.load import SEED, Loaded, Size, holds, load, refusals

NINETY = 0.9


class Command(BaseCommand):
    help = "在空的 PostgreSQL 库里装入测速用的大量虚构数据（不用于演示，也不用于正式环境）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--visits", type=int, required=True, help="走访条数，如 1000000")
        parser.add_argument("--households", type=int, required=True, help="住户数，如 400000")
        parser.add_argument("--users", type=int, default=2_500, help="账号数，默认 2500")
        parser.add_argument("--seed", type=int, default=SEED, help="同一个种子得到同样的数据")
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="并行进程数")

    def handle(self, *args: Any, **options: Any) -> str | None:
        size = Size(**{name: options[name] for name in ("visits", "households", "users", "seed")})
        if holds(size):
            self.stdout.write("库里已经是这一套规模数据，没有改动。")
            return None
        if reasons := refusals(size):
            raise CommandError(" ".join(reasons))
        started = time.monotonic()
        try:
            done = load(size, now=timezone.now(), hands=options["processes"], say=self.stdout.write)
        except (DomainError, FileNotFoundError) as error:
            raise CommandError(f"{error} 请删除这个库后重来。") from error
        self._report(done, time.monotonic() - started)
        return None

    def _report(self, done: Loaded, seconds: float) -> None:
        writing = done.seconds["住户"] + done.seconds["走访"]
        for table, count in sorted(done.rows.items()):
            self.stdout.write(f"{table:32} {count:>10} 行  {count / writing:>9.0f} 行/秒")
        total = sum(done.rows.values())
        self.stdout.write(f"{'合计':30} {total:>10} 行  {total / writing:>9.0f} 行/秒")
        ordered = sorted(done.lengths)
        self.stdout.write(
            f"情况文字 {len(ordered)} 篇：中位 {statistics.median(ordered):.0f} 字，"
            f"平均 {statistics.fmean(ordered):.0f} 字，九成不超过 {ordered[int(len(ordered) * NINETY)]} 字"
        )
        self.stdout.write(f"全部用时 {seconds:.0f} 秒")
