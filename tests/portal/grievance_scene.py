"""One grievance of which everything is written that can be, and a restricted one, for the leak tests."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from contacts.models import Household
from grievances.models import (
    Assignment,
    Call,
    CallBack,
    Event,
    ExtensionRequest,
    FollowUp,
    Grievance,
    HotlineTicket,
    Liaison,
    Measure,
    Opinion,
    Pause,
    Raiser,
    Supervision,
    Told,
)
from grievances.search import index_grievance
from grievances.services.registering import RaiserEntry
from portal.accounts.models import Post
from tests.factories.grievances import make_grievance

#: Of the restricted one: read by nobody but who wrote it.
SEALED = "白虎涧北口"


def make_grievances(
    home: Household, author: Post, words: Callable[[str], str], *, name: str, phone: str
) -> dict[str, Any]:
    """``words`` gives what stands in a column: something to be read, and the person."""
    raiser = RaiserEntry(name=name, phone=phone, address=f"{name}家", proxy_name=name)
    told = {column: words(f"grievances.Grievance.{column}") for column in ("text", "place")}
    found = make_grievance(home.community, post=author, household_id=home.pk, raiser=raiser, **told)
    Grievance.objects.filter(pk=found.pk).update(
        public_words=words("grievances.Grievance.public_words")
    )
    found.refresh_from_db()
    index_grievance(found)
    task = _written(found, author, words)
    _restricted(home, author, name=name, phone=phone)
    return {"grievance": found.number, "told": task.pk}


def _written(found: Grievance, author: Post, words: Callable[[str], str]) -> Told:
    """Every row that hangs on it, one of each."""
    now, today = timezone.now(), timezone.localdate()
    of = {"grievance": found}
    by = {"by": author, "at": now}
    unit = {"unit": found.street}
    Event.objects.create(
        **of, move="chase", at=now, to_state=found.state, post=author,
        words=words("grievances.Event.words"),
    )  # fmt: skip
    Assignment.objects.create(
        **of, **unit, part="CO_HANDLER", assigned_at=now, withdrawn_at=now,
        reply=words("grievances.Assignment.reply"),
    )  # fmt: skip
    ExtensionRequest.objects.create(
        **of, **unit, length=5, asked_at=now, reason=words("grievances.ExtensionRequest.reason"),
        decided_at=now, is_approved=True, decision=words("grievances.ExtensionRequest.decision"),
    )  # fmt: skip
    Pause.objects.create(**of, since=now, until=now, reason=words("grievances.Pause.reason"))
    Supervision.objects.create(
        **of, **by, kind="SUPERVISE", due_on=today, words=words("grievances.Supervision.words"),
        reply=words("grievances.Supervision.reply"),
    )  # fmt: skip
    Measure.objects.create(**of, **by, **unit, kind="ROOT", words=words("grievances.Measure.words"))
    Opinion.objects.create(
        **of, **by, **unit, round=1, move="reply", result="SOLVED",
        reply=words("grievances.Opinion.reply"), basis=words("grievances.Opinion.basis"),
    )  # fmt: skip
    FollowUp.objects.create(
        **of, at=now, round=1, way="LINK", outcome="ANSWERED", was_contacted=True,
        was_solved=True, grade="4", words=words("grievances.FollowUp.words"),
    )  # fmt: skip
    CallBack.objects.create(**of, asked_at=now, words=words("grievances.CallBack.words"))
    liaison = Liaison.objects.create(
        unit=found.street, keeper=found.street, name="刘工", phone="13911112222", note="白天在"
    )
    Call.objects.create(**of, **by, **unit, liaison=liaison, words=words("grievances.Call.words"))
    HotlineTicket.objects.create(
        **of, seen_at=now, forward=words("grievances.HotlineTicket.forward"),
        reply=words("grievances.HotlineTicket.reply"),
    )  # fmt: skip
    telling = {"about": "accept", "asked_at": now, "words": words("grievances.Told.words")}
    Told.objects.create(**of, **telling, told_at=now, told_by=author)
    return Told.objects.create(**of, **telling)


def _restricted(home: Household, author: Post, *, name: str, phone: str) -> None:
    raiser = RaiserEntry(name=name, phone=phone)
    sealed = make_grievance(
        home.community, post=author, household_id=home.pk, raiser=raiser, is_restricted=True,
        text=f"{SEALED}的事，{name}",
    )  # fmt: skip
    now = timezone.now()
    Event.objects.create(
        grievance=sealed, move="chase", at=now, to_state=sealed.state, post=author, words=SEALED
    )
    Told.objects.create(grievance=sealed, about="accept", asked_at=now, words=SEALED)
    assert Raiser.objects.filter(grievance=sealed).exists()
