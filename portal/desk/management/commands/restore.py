"""Restore a backup into an empty installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.desk.backup.archive import BackupError
from portal.desk.backup.restoring import restore_backup


class Command(BaseCommand):
    help = "从备份文件恢复到一个空的安装，并与备份时核对；不一致时以 1 退出"
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="备份文件")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            restored = restore_backup(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(restored.words()))
