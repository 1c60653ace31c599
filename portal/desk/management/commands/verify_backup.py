"""Prove that a backup can be restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.desk.backup.archive import BackupError
from portal.desk.backup.restoring import try_backup


class Command(BaseCommand):
    help = "把备份恢复到一个临时的地方核对，然后删去；不一致时以 1 退出"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="备份文件")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            said = try_backup(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file.name} 已恢复到一个临时的地方核对：\n{said}")
