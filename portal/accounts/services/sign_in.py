"""What the trail says of sign-in: ids, never what somebody typed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.accounts.models import Post, SignInAddress, User
from portal.accounts.models.sign_ins import KEPT
from portal.accounts.ports import on_sign_out
from portal.audit.actors import Actor
from portal.audit.services import record
from portal.core.addresses import network_part


@transaction.atomic
def record_sign_in(*, user: User, post: Post | None, address: str) -> None:
    """Somebody is in, under their first post."""
    event = record(actor=post or _oneself(user), action="account.sign_in", obj=user)
    _keep_network(user, event.pk, address)


@transaction.atomic
def record_failure(*, username: str, reason: str, locks: bool, address: str = "") -> None:
    """Somebody was refused. The account is named by its id when there is one, else not at all.

    ``reason`` is a code (password, code, unreadable, locked); ``locks`` says this failure was the one too
    many.
    """
    user = User.objects.filter(username=username).first()
    event = record(actor=None, action="account.sign_in_failure", obj=user, reason=reason)
    if user is not None:
        _keep_network(user, event.pk, address)
    if locks:
        record(actor=None, action="account.lock_out", obj=user)


def _keep_network(user: User, event_id: int, address: str) -> None:
    network = network_part(address)
    if network:
        SignInAddress.objects.create(
            user=user, event_id=event_id, network=network, at=timezone.now()
        )


def clear_networks() -> int:
    """Forget where sign-ins of long ago came from; how many were forgotten."""
    count, _ = SignInAddress.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return count


def record_idle(*, user: User) -> None:
    """A session ended by itself; what was typed stays for the next sign-in."""
    record(actor=_oneself(user), action="account.idle_sign_out", obj=user)


@transaction.atomic
def sign_out(*, user: User, post: Post | None) -> None:
    """Wipe what must not outlive the session, and write it down."""
    end_open_forms(user=user)
    for wipe in on_sign_out():
        wipe(user_id=user.pk)
    record(actor=post or _oneself(user), action="account.sign_out", obj=user)


def end_open_forms(*, user: User) -> None:
    """Forms still open somewhere no longer prove, without a session, whose words they hold.

    Comes before any wiping: it locks the row that a form stored at the same moment locks too.
    """
    User.objects.filter(pk=user.pk).update(draft_epoch=F("draft_epoch") + 1)


def _oneself(user: User) -> Actor:
    return Actor(user_id=user.pk, username=user.username)
