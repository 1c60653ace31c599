"""What was typed and not sent: one encrypted row per form and person, kept out of everybody's sight.

A draft is written while signed in, or once the session has run out, by the form's own signed
token. It goes away when the visit is saved, when its author gives it up or signs out, and at the
latest after seven days.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from contacts.models import Household, Visit, VisitDraft
from contacts.selectors.visit_places import may_log_any
from portal.accounts.models import Post, User
from portal.accounts.permissions import Permission
from portal.accounts.ports import Unfinished
from portal.accounts.selectors.demo import may_sign_in
from portal.core.errors import DomainError

#: Bytes of one draft; a form at its limits is smaller.
SIZE_LIMIT: Final = 64 * 1024
#: Drafts one person keeps at a time: the oldest goes.
MOST_DRAFTS: Final = 20
#: How long an open form may still save itself after the session has ended.
TOKEN_AGE: Final = dt.timedelta(hours=24)
#: A form that nobody is signed in to is stored at most this often.
SIGNED_OUT_PAUSE: Final = dt.timedelta(seconds=2)
#: An unsent form of a session that simply ran out is kept this long for its author.
DRAFT_AGE: Final = dt.timedelta(days=7)
_SALT: Final = "contacts.visit-draft"

#: As they stand in the address and in the form.
PLACE_KINDS: Final[Mapping[str, Visit.Kind]] = {
    "field": Visit.Kind.FIELD,
    "reception": Visit.Kind.RECEPTION,
}

Typed = Mapping[str, Sequence[str]]


def edit_id(client_id: uuid.UUID) -> uuid.UUID:
    """Under which id the unsent change of a saved visit is kept."""
    return uuid.uuid5(client_id, "edit")


def owner_token(*, user: User, client_id: uuid.UUID) -> str:
    """What the form carries to prove, without a session, whose draft it is.

    SECURITY: it ends with the sign-out and the password of its day (``draft_epoch``), not with a
    session that only ran out.
    """
    return signing.dumps([user.pk, user.draft_epoch, str(client_id)], salt=_SALT)


def save_draft(
    *, actor: Post, client_id: uuid.UUID, typed: Typed, household_id: int | None, now: dt.datetime
) -> VisitDraft | None:
    """Keep what is typed so far; nothing when the visit has been saved meanwhile."""
    if not may_log_any(actor):
        actor.require(Permission.LOG_HOME_VISIT)
    known = Household.objects.visible_to(actor).filter(pk=household_id or 0).exists()
    return _keep(
        user_id=actor.user_id,
        client_id=client_id,
        payload=_packed(typed),
        household_id=household_id if known else None,
        now=now,
    )


def stash(
    *, token: str, typed: Typed, household_id: int | None, now: dt.datetime
) -> uuid.UUID | None:
    """Keep a form that arrives signed out, for the person it was made for; its draft id.

    None for a token that is not ours, too old, from before a sign-out or a new password, or of
    somebody who may no longer sign in or holds no post now.
    """
    try:
        user_id, epoch, text = signing.loads(token, salt=_SALT, max_age=TOKEN_AGE)
        client_id = uuid.UUID(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    payload = _packed(typed)
    with transaction.atomic():
        # The lock makes a sign-out at the same moment come before, or wipe this draft too.
        user = User.objects.select_for_update().filter(pk=user_id, draft_epoch=epoch).first()
        if user is None or not _may_come_back(user, now):
            return None
        known = Household.objects.filter(pk=household_id or 0).exists()
        recent = VisitDraft.objects.filter(
            client_id=client_id, user_id=user_id, updated_at__gt=now - SIGNED_OUT_PAUSE
        )
        if not recent.exists():
            _keep(
                user_id=user_id,
                client_id=client_id,
                payload=payload,
                household_id=household_id if known else None,
                now=now,
            )
    return client_id


def _may_come_back(user: User, now: dt.datetime) -> bool:
    posts = Post.objects.filter(user=user).in_force(timezone.localdate(now))
    return may_sign_in(user) and posts.exists()


def _packed(typed: Typed) -> str:
    payload = json.dumps({name: list(values) for name, values in typed.items()}, ensure_ascii=False)
    if len(payload.encode()) > SIZE_LIMIT:
        raise DomainError("内容太长，草稿存不下。请先保存走访，再接着写。")
    return payload


@transaction.atomic
def _keep(
    *,
    user_id: int,
    client_id: uuid.UUID,
    payload: str,
    household_id: int | None,
    now: dt.datetime,
) -> VisitDraft | None:
    if Visit.objects.filter(client_id=client_id).exists():
        return None
    values = {"payload": payload, "household_id": household_id, "updated_at": now}
    own = VisitDraft.objects.filter(client_id=client_id, user_id=user_id)
    if not own.update(**values):
        try:
            with transaction.atomic():
                VisitDraft.objects.create(client_id=client_id, user_id=user_id, **values)
        except IntegrityError:
            # Another tab was quicker; another person's id stays that person's.
            own.update(**values)
        _drop_oldest(user_id)
    return own.first()


def _drop_oldest(user_id: int) -> None:
    mine = VisitDraft.objects.filter(user_id=user_id).order_by("-updated_at", "-pk")
    surplus = list(mine.values_list("pk", flat=True)[MOST_DRAFTS : MOST_DRAFTS * 2])
    VisitDraft.objects.filter(pk__in=surplus).delete()


def forget(*, user_id: int, client_id: uuid.UUID) -> None:
    """The person saved the visit, or gave the draft up."""
    VisitDraft.objects.filter(user_id=user_id, client_id=client_id).delete()


def unfinished(*, user_id: int) -> Unfinished | None:
    """What signing out would wipe, and the page that leads on to it."""
    mine = VisitDraft.objects.filter(user_id=user_id)
    count = mine.count()
    if not count:
        return None
    if mine.filter(household__isnull=False).exists():
        return Unfinished(f"{count} 份没写完的走访", reverse("contacts:visit_new"))
    # A change of a saved visit carries neither household nor kind: its own page offers it.
    kinds = (kind_of(draft) for draft in mine.order_by("-updated_at", "-pk"))
    if kind := next(filter(None, kinds), ""):
        words = f"{count} 份没写完的{PLACE_KINDS[kind].label}"
        return Unfinished(words, f"{reverse('contacts:visit_new')}?kind={kind}")
    return Unfinished(f"{count} 份没写完的走访", reverse("contacts:visit_list"))


def kind_of(draft: VisitDraft) -> str:
    """Field or reception, of a new 下访 or 接访; "" of anything else."""
    kind = (json.loads(draft.payload).get("kind") or [""])[-1]
    return kind if kind in PLACE_KINDS else ""


def wipe(*, user_id: int) -> None:
    """The person signed out: nothing half-written stays behind."""
    VisitDraft.objects.filter(user_id=user_id).delete()


def forget_old(*, now: dt.datetime) -> int:
    """Drop drafts that nobody came back to for ``DRAFT_AGE``; how many there were."""
    return VisitDraft.objects.filter(updated_at__lte=now - DRAFT_AGE).delete()[0]
