"""What a restore says is so: whatever was tampered with, in the portal or in the file, is named."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.services import record, seal
from portal.core.db.append_only import guard, unguard
from portal.desk.backup.archive import MANIFEST, SEALS
from portal.desk.backup.making import make_backup
from tests.desk.backups import restore_anew, rewrite

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

# A restore takes seconds: each of these tests tampers with everything at once and looks for the
# word on each.


def head_with(**changes):
    """For ``rewrite``: the head of the backup says something else."""

    def change(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        head = json.loads(content)
        for key, value in changes.items():
            head[key] = {**head[key], **value} if isinstance(value, dict) else value
        return json.dumps(head).encode()

    return change


def test_whatever_is_not_as_the_head_says_is_named(portal, tmp_path):
    file = tmp_path / "one.backup"
    make_backup(file, now=timezone.now())
    figures = {"在册住户": 2, "有效接访": 1}
    rows = {"contacts_resident": 2, "contacts_lost": 4}
    rewrite(file, head_with(figures=figures, rows=rows, last_seal="0" * 64))
    rewrite(file, lambda name, content: b"" if name.startswith(SEALS) else content)

    done = restore_anew(file, tmp_path / "fresh")

    assert done.returncode == 1
    for words in (
        "恢复后核对不一致",
        "在册住户：备份时 2，恢复后 1",
        "有效接访：备份时 1，恢复后 0",
        "表 contacts_resident：备份时 2 行，恢复后 1 行",
        "表 contacts_lost：备份时 4 行，恢复后 0 行",
        "最后一次封存与备份时不同",
        "封存文件只到封存 0，备份时到 1",
    ):
        assert words in done.stderr
    assert_nothing_is_called_whole(done.stdout + done.stderr)


def assert_nothing_is_called_whole(said: str) -> None:
    assert "完好" not in said
    assert "与备份时一致" not in said


def test_a_trail_that_was_tampered_with_is_named(portal, tmp_path, capsys):
    """By somebody who owns the database of the portal, before it is backed up."""
    for _ in range(2):
        record(actor=None, action="visit.log")
    seal()
    record(actor=None, action="visit.log")
    one, two, three, *_ = tables = AuditEvent.objects.order_by("pk")
    newest = tables[len(tables) - 1]
    guarded = [model._meta.db_table for model in (AuditEvent, AuditSeal)]
    for table in guarded:
        unguard(connection, table)
    AuditEvent.objects.filter(pk=two.pk).update(actor_username="somebody")
    AuditEvent.objects.filter(pk=three.pk).delete()
    AuditEvent.objects.filter(pk=newest.pk).update(role="LEADER")
    AuditEvent.objects.filter(pk__gt=three.pk, pk__lt=newest.pk).delete()
    last = AuditSeal.objects.order_by("pk").last()
    AuditSeal.objects.filter(pk=last.pk).delete()
    for table in guarded:
        guard(connection, table)

    with pytest.raises(CommandError) as refused:
        call_command("backup", str(tmp_path / "two.backup"))

    for words in (
        "试恢复失败",
        f"被改动: 记录 {two.pk}",
        f"被删除: 记录 {three.pk}",
        f"被改动: 记录 {newest.pk}",
        f"尾部被截: 封存文件中的封存 {last.pk}",
    ):
        assert words in str(refused.value)
    assert f"记录 {one.pk} " not in str(refused.value)
    assert_nothing_is_called_whole(capsys.readouterr().out + str(refused.value))


def test_a_head_of_another_format_is_refused_in_words(portal, tmp_path):
    file = tmp_path / "three.backup"
    make_backup(file, now=timezone.now())
    rewrite(file, head_with(version=1))

    done = restore_anew(file, tmp_path / "fresh")

    assert done.returncode == 1
    assert "格式是第 1 版" in done.stderr
