"""Count due dates again that were counted by another calendar or other policies."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from grievances.services.recounting import recount_due


class Command(BaseCommand):
    help = "日历或时限变更后，重新计算未办结诉求的期限；中断后再运行会接着算，重复运行没有影响"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{recount_due(now=timezone.now())} 件诉求的期限有变动。")
