"""Prove that no row of the trail was changed, removed or inserted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit import selectors


class Command(BaseCommand):
    help = "核对审计日志与封存; 有问题时逐条列出并以 1 退出"

    def handle(self, *args: Any, **options: Any) -> None:
        report = selectors.verify()
        for problem in report.problems:
            self.stdout.write(str(problem))
        self.stdout.write(
            f"已封存 {report.sealed} 条, 待封存 {report.unsealed} 条, 封存 {report.seals} 个"
        )
        if not report.ok:
            raise CommandError(f"审计日志有 {len(report.problems)} 处问题", returncode=1)
        self.stdout.write(self.style.SUCCESS("审计日志完好"))
