"""个人信息权利请求: filing one, giving it an owner, answering it (个人信息保护法 44–50)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts.models import Household, RightsRequest
from contacts.selectors import rights as selectors
from contacts.services.household_entries import clean_phone
from contacts.services.rights_owner import name_by_rule
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

#: Days of the calendar in which a request is answered. The law says 及时 (第50条) and names no
#: number; the national standard for personal information (GB/T 35273 8.7) allows 30 days. Half of
#: that leaves time to ask back (decision 0087).
ANSWER_WITHIN: Final = dt.timedelta(days=15)
NAME_LIMIT: Final = 40
ADDRESS_LIMIT: Final = 100
TEXT_LIMIT: Final = 1000
_CODE_CHARS: Final = 12
_CODE_GROUP: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class RightsEntry:
    """What somebody asks for. ``client_id`` is the form's: sent twice it is one request."""

    client_id: uuid.UUID
    kind: str
    community_id: int
    name: str
    phone: str
    address: str = ""
    text: str = ""


def code_of(client_id: uuid.UUID) -> str:
    """The look-up code of the request a form becomes: 60 bits that only this portal can make."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"rights:" + client_id.bytes, hashlib.sha256)
    letters = base64.b32encode(digest.digest()).decode()[:_CODE_CHARS]
    # Letters that look like digits are not used; 8 and 9 are not in base32, so nothing clashes.
    letters = letters.translate(str.maketrans("IO", "89"))
    return "-".join(letters[n : n + _CODE_GROUP] for n in range(0, _CODE_CHARS, _CODE_GROUP))


def normalised_code(typed: str) -> str:
    """The code as kept, however it was typed: small letters, blanks, no dashes."""
    letters = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    letters = letters.translate(str.maketrans("IO10", "8989"))
    return "-".join(letters[n : n + _CODE_GROUP] for n in range(0, len(letters), _CODE_GROUP))


@transaction.atomic
def file_request(
    *, actor: Post | None, entry: RightsEntry, now: dt.datetime
) -> tuple[RightsRequest, str]:
    """Write a request down, from the public page (no ``actor``) or at the counter; with its code.

    Whoever takes it down owns it; one from the public page gets its owner by rule.
    """
    if actor:
        actor.require(Permission.HANDLE_RIGHTS)
    code, values = code_of(entry.client_id), _cleaned(entry)
    if (before := RightsRequest.objects.filter(code=code).first()) is not None:
        return before, code
    community = _community(actor, entry.community_id, today=timezone.localdate(now))
    scope = community.scope_ids()
    assert scope.district_id and scope.street_id  # noqa: S101, PT018 -- a community lies in both
    request = RightsRequest.objects.create(
        code=code,
        **values,
        district_id=scope.district_id,
        street_id=scope.street_id,
        community_id=community.pk,
        received_at=now,
        due_on=timezone.localdate(now) + ANSWER_WITHIN,
        taken_by=actor,
        owner_id=actor.user_id if actor else None,
    )
    record(
        actor=actor,
        action="rights.file",
        obj=request,
        fields=["kind"],
        district_id=scope.district_id,
    )
    if actor is None:
        name_by_rule(request, today=timezone.localdate(now))
    return request, code


def _cleaned(entry: RightsEntry) -> dict[str, str]:
    if entry.kind not in RightsRequest.Kind:
        raise DomainError("请选择您的要求。", field="kind")
    name, address, text = (
        " ".join(entry.name.split()),
        " ".join(entry.address.split()),
        entry.text.strip(),
    )
    if not name:
        raise DomainError("请填写姓名。", field="name")
    if not (phone := clean_phone(entry.phone)):
        raise DomainError("请填写电话，查询答复时要用到最后4位。", field="phone")
    limits = {"name": NAME_LIMIT, "address": ADDRESS_LIMIT, "text": TEXT_LIMIT}
    values = {"name": name, "address": address, "text": text}
    for field, limit in limits.items():
        if len(values[field]) > limit:
            raise DomainError(f"最多写{limit}字。", field=field)
    return {"kind": entry.kind, "phone": phone, **values}


def _community(actor: Post | None, community_id: int, *, today: dt.date) -> Organisation:
    rows = Organisation.objects.visible_to(actor) if actor else Organisation.objects.all()
    rows = rows.in_force(today).filter(kind=OrganisationKind.COMMUNITY)
    community: Organisation | None = rows.filter(pk=community_id).first()
    if community is None:
        raise DomainError("请选择所在的社区。", field="community")
    return community


def _open(actor: Post, request_id: int) -> RightsRequest:
    """The request, held for this transaction. Raises ``DoesNotExist`` outside the scope."""
    actor.require(Permission.HANDLE_RIGHTS)
    rows = RightsRequest.objects.visible_to(actor).select_for_update(of=("self",))
    request: RightsRequest = rows.get(pk=request_id)
    if request.closed_at is not None:
        raise DomainError("这个请求已经答复，不能再改。")
    return request


@transaction.atomic
def assign(*, actor: Post, request_id: int, user_id: int, now: dt.datetime) -> RightsRequest:
    """Name who answers it: somebody whose post handles requests of that place."""
    request = _open(actor, request_id)
    choices = dict(selectors.owner_choices(request, today=timezone.localdate(now)))
    if user_id not in choices:
        raise DomainError("请从名单里选择承办人。", field="owner")
    request.owner_id = user_id
    request.save(update_fields=["owner"])
    record(actor=actor, action="rights.assign", obj=request, fields=["owner"])
    return request


@transaction.atomic
def link_household(*, actor: Post, request_id: int, household_id: int) -> RightsRequest:
    """Say which household it is about; in the scope and in the community of the request's street."""
    request = _open(actor, request_id)
    rows = Household.objects.visible_to(actor).filter(street_id=request.street_id)
    household = rows.filter(pk=household_id).first()
    if household is None:
        raise DomainError("请选择本单位范围内的住户。", field="household")
    request.household = household
    request.save(update_fields=["household"])
    record(actor=actor, action="rights.link", obj=request, fields=["household"])
    return request


@transaction.atomic
def answer(
    *,
    actor: Post,
    request_id: int,
    outcome: str,
    words: str,
    now: dt.datetime,
    checked: bool = False,
) -> RightsRequest:
    """Close it with what the resident reads; a refusal says why (第50条).

    ``checked``: the person was there, was told apart, and needed no household or no sheet.
    """
    request = _open(actor, request_id)
    if outcome not in RightsRequest.Outcome:
        raise DomainError("请选择办理结果。", field="outcome")
    if not (words := words.strip()):
        raise DomainError(
            "请写明答复，当事人查询时看到的就是这段话；没有全部办理的要说明理由。", field="words"
        )
    if len(words) > TEXT_LIMIT:
        raise DomainError(f"最多写{TEXT_LIMIT}字。", field="words")
    if outcome != RightsRequest.Outcome.DECLINED and not checked:
        _check_done(request)
    request.outcome, request.answer = outcome, words
    request.closed_at, request.closed_by_id = now, actor.user_id
    owners = dict(selectors.owner_choices(request, today=timezone.localdate(now)))
    if request.owner_id not in owners:
        request.owner_id = actor.user_id
    request.save(update_fields=["outcome", "answer", "closed_at", "closed_by", "owner"])
    fields = ["outcome", "answer", *(["checked"] if checked else [])]
    record(actor=actor, action="rights.answer", obj=request, fields=fields)
    return request


def _check_done(request: RightsRequest) -> None:
    """Nothing counts as done of which the portal knows nothing."""
    if request.household_id is None:
        raise DomainError(
            "还没有关联住户。请先在上面找到并关联；确实不用关联的，当面核对身份后勾选，并在答复里说明。",
            field="checked",
        )
    if request.kind == RightsRequest.Kind.COPY and not selectors.was_copied(request):
        raise DomainError(
            "还没有打印过“记了什么”。请先打印交给本人；已当面看过的，核对身份后勾选，并在答复里说明。",
            field="checked",
        )


@transaction.atomic
def note_read(*, actor: Post, request: RightsRequest) -> None:
    """Keep in the trail who opened a request: name, number and words stand in full on it."""
    actor.require(Permission.HANDLE_RIGHTS)
    record(actor=actor, action="rights.read", obj=request)


@transaction.atomic
def note_copied(*, actor: Post, request_id: int, household: Household) -> None:
    """Keep in the trail that the sheet of what is kept was printed, and about which household."""
    request = RightsRequest.objects.visible_to(actor).get(pk=request_id)
    record(actor=actor, action="rights.copy", obj=request)
    record(actor=actor, action="household.print", obj=household)
