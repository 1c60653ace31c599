"""Encrypt everything with the first of FIELD_KEYS, and compute the blind indexes again."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from portal.core import rekeying
from portal.core.encryption import key_ids

#: Ids named per place; the rest is a number.
NAMED: Final = 10


class Command(BaseCommand):
    help = "用 FIELD_KEYS 的第一把密钥重新加密全部内容, 并重算盲索引(可中断, 可重复)"

    def handle(self, *args: Any, **options: Any) -> None:
        places = list(rekeying.places())
        for place in places:
            self.stdout.write(f"{place.name}: 更新 {place.rekey()} 处")
        # Asked only now: a process that was not restarted may have written in between.
        left = [f"{place.name}: {_named(ids)}" for place in places if (ids := place.left())]
        if left:
            raise CommandError(
                "旧密钥还不能取下, 下面这些仍要用它(密钥已经不在, 内容损坏, 或有进程还没重启):\n"
                + "\n".join(left)
            )
        current, *old = key_ids()
        self.stdout.write(f"全部在密钥 {current} 下。")
        if old:
            self.stdout.write(
                f"旧密钥 {'、'.join(old)} 可以从 FIELD_KEYS 取下。"
                "换钥以前的备份仍要用它恢复: 只要还留着这些备份, 就另外保存好它。"
            )


def _named(ids: list[int]) -> str:
    more = f" 等 {len(ids)} 处" if len(ids) > NAMED else ""
    return "、".join(map(str, ids[:NAMED])) + more
