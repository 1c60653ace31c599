"""Write a backup, and prove at once that it can be restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.desk.backup.archive import BackupError
from portal.desk.backup.making import make_backup
from portal.desk.backup.restoring import try_backup


class Command(BaseCommand):
    help = "把数据库、任务文件和封存写成一个加密文件；写完立即试恢复并核对"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="写到哪个文件（不覆盖已有的）")
        parser.add_argument("--no-try", action="store_true", help="不试恢复，只写文件")

    def handle(self, *args: Any, file: Path, no_try: bool, **options: Any) -> None:
        try:
            manifest = make_backup(file, now=timezone.now())
            said = "" if no_try else try_backup(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"{file}：{len(manifest.rows)} 张表，{rows} 行，{file.stat().st_size} 字节。"
        )
        self.stdout.write("未试恢复。" if no_try else f"已试恢复：\n{said}")
