"""What is due in grievances for a post's day: read by 今日."""

from __future__ import annotations

import datetime as dt
from typing import Final

from contacts.selectors.words import masked_texts
from grievances.selectors.inbox import Inbox, inbox
from grievances.selectors.rows import SOON
from portal.accounts.models import Post
from portal.core.periods import day_of

#: More stand in the inbox.
LIMIT: Final = 5


def due_items(*, post: Post, now: dt.datetime) -> Inbox:
    """What waits for the post and is overdue or due within three days; at most six queries."""
    before = day_of(now) + dt.timedelta(days=SOON + 1)
    return inbox(post=post, now=now, mask=masked_texts, before=before, limit=LIMIT)
