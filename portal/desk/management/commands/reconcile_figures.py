"""Hold every figure to plain SQL, and say where they differ."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.desk.services import reconcile_figures


class Command(BaseCommand):
    help = "用普通 SQL 重算全部数字并与页面所用的汇总核对；有出入即列出、标记重算，退出码 1"

    def handle(self, *args: Any, **options: Any) -> None:
        differences = reconcile_figures(now=timezone.now())
        for one in differences:
            self.stdout.write(
                f"{one.source} {one.key} {one.place.kind} {one.place.id} "
                f"{one.period.start}..{one.period.last_day}: {one.shown} != {one.counted}"
            )
        if differences:
            raise CommandError(f"{len(differences)} 处不符，已标记重算。")
        self.stdout.write("0 处不符。")
