"""What the 反馈箱 shows, and to whom the writer stays unnamed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from contacts.selectors.unit_words import Said, UnitWords
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.core.db.prepared import Moment
from portal.core.door_words import mask_doors
from portal.desk.models import Feedback, FeedbackQuerySet

#: How long today's page shows a reply.
FRESH: Final = dt.timedelta(days=7)
SHOWN: Final = 3
_DISTRICT: Final = "区级单位"
#: The newest first.
ORDER: Final = ("-at", "-pk")
#: The filter 状态 of the box.
ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackLine:
    """One message as the post may read it; nothing in here needs hiding again."""

    id: int
    kind: str
    at: dt.datetime
    text: str
    page: str
    #: 我, the writer's name and street, or the street alone.
    who: str
    is_own: bool
    owner: str
    is_mine: bool
    reply: str
    replied_at: dt.datetime | None


def own_messages(post: Post) -> FeedbackQuerySet:
    return _loaded(Feedback.objects.visible_to(post).filter(user_id=post.user_id))


def box(post: Post, *, answered: bool) -> FeedbackQuerySet:
    """The district's messages, for who answers them."""
    if not post.may(Permission.ANSWER_FEEDBACK):
        return Feedback.objects.none()
    rows = Feedback.objects.visible_to(post).filter(district_id=post.district_id)
    return _loaded(rows.exclude(reply="") if answered else rows.filter(reply=""))


def _loaded(rows: FeedbackQuerySet) -> FeedbackQuerySet:
    loaded: FeedbackQuerySet = rows.select_related("user", "owner", "street")
    return loaded


def lines(
    messages: Sequence[Feedback], *, post: Post, on_paper: bool = False
) -> tuple[FeedbackLine, ...]:
    """One query for all of them.

    SECURITY: ``on_paper`` they go to others: of an own unnamed one the writer is not said.
    """
    veil = _Veil(messages)
    return tuple(_line(message, post, veil, on_paper=on_paper) for message in messages)


def line_of(message: Feedback, *, post: Post) -> FeedbackLine:
    (line,) = lines([message], post=post)
    return line


class _Veil:
    """What was written, for everybody but who wrote it: no number, no door, no resident.

    SECURITY: who answers may hold no data of residents (系统管理员). Known are the people of the
    writer's street; of a post above the streets, everybody. The street of an unnamed message is
    shown beside it anyway, so what is hidden tells nothing more of the writer.
    """

    def __init__(self, messages: Sequence[Feedback]) -> None:
        self._words = UnitWords(
            _said(message, text) for message in messages for text in (message.text, message.reply)
        )

    def read(self, message: Feedback, text: str) -> str:
        return self._words.masked(_said(message, text))


def _said(message: Feedback, text: str) -> Said:
    return Said(mask_doors(text), None, message.street_id)


def _line(message: Feedback, post: Post, veil: _Veil, *, on_paper: bool) -> FeedbackLine:
    is_own = message.user_id == post.user_id and not on_paper
    is_mine = message.owner_id == post.user_id
    own_reply = is_mine and not on_paper
    return FeedbackLine(
        id=message.pk,
        kind=message.get_kind_display(),
        at=message.at,
        text=message.text if is_own else veil.read(message, message.text),
        page=message.page,
        who="我" if is_own else _writer(message),
        is_own=is_own,
        owner=message.owner.name if message.owner else "",
        is_mine=is_mine,
        reply=message.reply if own_reply else veil.read(message, message.reply),
        replied_at=message.replied_at,
    )


def _writer(message: Feedback) -> str:
    """SECURITY: of an unnamed one the street alone, here and wherever messages are listed."""
    street = message.street.name if message.street else _DISTRICT
    return street if message.unnamed else f"{street} {message.user.name}"


class FreshReply(NamedTuple):
    """An own message, answered lately."""

    text: str
    reply: str


def fresh_replies(*, post: Post, now: dt.datetime) -> tuple[FreshReply, ...]:
    """What was answered to the writer lately; one query."""
    return tuple(FreshReply(*row) for row in _FRESH.rows(post, since=now - FRESH))


def _fresh(post: Post, *, since: Any) -> QuerySet[Feedback, Any]:
    rows = Feedback.objects.visible_to(post).filter(user_id=post.user_id, replied_at__gt=since)
    return rows.order_by("-replied_at").values_list("text", "reply")[:SHOWN]


_FRESH: Final = Scoped(_fresh, since=Moment)
