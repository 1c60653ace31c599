"""反馈箱, and looking after the figures of every app."""

from __future__ import annotations

import datetime as dt
import logging
import re
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.desk.models import Feedback
from portal.metrics import reconciling
from portal.metrics import services as metrics

TEXT_LIMIT: Final = 2000
PAGE_LIMIT: Final = 200
_log = logging.getLogger(__name__)
_PATH: Final = re.compile(r"/[A-Za-z0-9/_.-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackEntry:
    """What somebody says. ``client_id`` is the form's: sent twice it is one message."""

    client_id: uuid.UUID
    kind: str
    text: str
    page: str = ""
    unnamed: bool = False


def path_of(address: str) -> str:
    """The path of one of our pages, without what was asked there; "" for anything else."""
    path = urlsplit(address).path[:PAGE_LIMIT]
    return path if _PATH.fullmatch(path) else ""


@transaction.atomic
def send_feedback(*, actor: Post, entry: FeedbackEntry, now: dt.datetime) -> Feedback:
    """Put a message into the box of the writer's district."""
    actor.require(Permission.USE_PORTAL)
    if entry.kind not in Feedback.Kind:
        raise DomainError("请选择是哪一类意见。", field="kind")
    if not (text := entry.text.strip()):
        raise DomainError("请写明遇到了什么，或者希望怎样。", field="text")
    if len(text) > TEXT_LIMIT:
        raise DomainError(f"最多写{TEXT_LIMIT}字。", field="text")
    ids = actor.organisation.scope_ids()
    if ids.district_id is None:
        raise DomainError("您的岗位不在任何一个区，请联系系统管理员。")
    message, is_new = Feedback.objects.get_or_create(
        client_id=entry.client_id,
        user_id=actor.user_id,
        defaults={
            "kind": entry.kind,
            "text": text,
            "page": path_of(entry.page),
            "unnamed": entry.unnamed,
            "district_id": ids.district_id,
            "street_id": ids.street_id,
            "at": now,
        },
    )
    if is_new:
        # The trail says that somebody wrote; of an unnamed message not which one it is.
        record(actor=actor, action="feedback.send", obj=None if entry.unnamed else message)
    return message


def _answerable(actor: Post, message_id: int) -> Feedback:
    actor.require(Permission.ANSWER_FEEDBACK)
    rows = Feedback.objects.visible_to(actor).filter(district_id=actor.district_id)
    message: Feedback = rows.select_for_update(of=("self",)).get(pk=message_id)
    return message


@transaction.atomic
def take_feedback(*, actor: Post, message_id: int) -> Feedback:
    """Say that one looks after it."""
    message = _answerable(actor, message_id)
    if message.owner_id not in (None, actor.user_id) and message.reply:
        raise DomainError("这条意见已经由同事答复。")
    message.owner_id = actor.user_id
    message.save(update_fields=["owner"])
    record(actor=actor, action="feedback.take", obj=message, fields=["owner"])
    return message


@transaction.atomic
def reply_feedback(*, actor: Post, message_id: int, words: str, now: dt.datetime) -> Feedback:
    """Answer the writer, who reads it on 今日 and in the box; a reply can be put right later."""
    message = _answerable(actor, message_id)
    if not (words := words.strip()):
        raise DomainError("请写明答复。", field="reply")
    if len(words) > TEXT_LIMIT:
        raise DomainError(f"最多写{TEXT_LIMIT}字。", field="reply")
    message.owner_id = actor.user_id
    message.reply, message.replied_at = words, now
    message.save(update_fields=["owner", "reply", "replied_at"])
    record(actor=actor, action="feedback.reply", obj=message, fields=["reply"])
    return message


def reconcile_figures(*, now: dt.datetime) -> list[reconciling.Difference]:
    """Hold every figure to plain SQL; what differs is logged, mended, and kept in the trail."""
    metrics.refresh(now=now)
    found = reconciling.reconcile(today=timezone.localdate(now))
    for one in found:
        _log.error(
            "Figure %s of %s %s in %s to %s: shown %s, counted %s",
            one.key,
            one.place.kind,
            one.place.id,
            one.period.start,
            one.period.last_day,
            one.shown,
            one.counted,
        )
    record(actor=None, action="figures.reconcile", reason="differs" if found else "ok")
    return found
