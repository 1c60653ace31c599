"""``manage.py import_divisions [FILE.csv] --under 110107``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from portal.accounts.divisions import package_rows, read_csv
from portal.accounts.services.divisions import ImportResult, import_divisions
from portal.core.errors import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = "按名单更新区、街道、社区（可重复执行；改名保留旧名，撤销只停用，不删除）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="CSV：code,name,parent；不给则用 npm 包数据"
        )
        parser.add_argument("--under", help="只处理这个代码以下，如 110107")
        parser.add_argument("--on", default="", help="生效日期 YYYY-MM-DD，默认今天")
        parser.add_argument("--dry-run", action="store_true", help="只显示将有的改动")

    def handle(self, *args: Any, **options: Any) -> None:
        under: str | None = options["under"]
        if options["file"] is None and not under:
            raise CommandError("使用 npm 包数据时要用 --under 指明范围，例如 --under 110107。")
        try:
            on = parse_date(options["on"]) if options["on"] else timezone.localdate()
            if on is None:
                raise CommandError("--on 的日期应写成 YYYY-MM-DD。")
            rows = read_csv(options["file"]) if options["file"] else package_rows(under or "")
            with transaction.atomic():
                result = import_divisions(rows=rows, under=under, on=on)
                transaction.set_rollback(options["dry_run"])
        except (DomainError, FileNotFoundError, ValueError) as error:
            raise CommandError(str(error)) from error
        if result.refused:
            raise CommandError(self._refusal(result))
        self._report(result, dry_run=options["dry_run"])

    def _refusal(self, result: ImportResult) -> str:
        lines = [f"  第 {row.line} 行 {row.code}：{row.reason}" for row in result.refused]
        return "\n".join([f"有 {len(lines)} 行不能导入，没有任何改动：", *lines])

    def _report(self, result: ImportResult, *, dry_run: bool) -> None:
        done = {
            "新建": result.created,
            "改名": result.renamed,
            "调整上级": result.moved,
            "停用": result.ended,
            "恢复": result.reopened,
            "请另行安排（所在社区已停用）": result.stranded,
        }
        for label, codes in done.items():
            self.stdout.write(f"{label} {len(codes)}{_listed(codes) if label != '新建' else ''}")
        self.stdout.write(f"未变 {result.unchanged}")
        if dry_run:
            self.stdout.write("这是试运行，没有保存。")


def _listed(codes: list[str]) -> str:
    more = f" 等 {len(codes)} 个" if len(codes) > SHOWN else ""
    return f"：{'、'.join(codes[:SHOWN])}{more}" if codes else ""
