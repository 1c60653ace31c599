"""What the register of households changes in grievances: fills ports of ``contacts``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from django.db import models
from django.db.models import Q

from contacts.models import Resident
from contacts.services.erasing import ERASED
from grievances.models import (
    Assignment,
    Call,
    CallBack,
    Event,
    ExtensionRequest,
    FollowUp,
    Grievance,
    HotlineTicket,
    Measure,
    Opinion,
    Pause,
    Raiser,
    Supervision,
    Told,
)
from grievances.search import index_grievance
from portal.core.encryption import blind_index, normalise_phone, refresh_blind_indexes
from portal.core.masking import strike

#: Every column in which somebody writes of a resident; a test holds it to the models.
TEXTS: Final[Mapping[type[models.Model], tuple[str, ...]]] = {
    Grievance: ("text", "sealed_text", "place", "public_words"),
    Event: ("words",),
    Assignment: ("reply",),
    ExtensionRequest: ("reason", "decision"),
    Pause: ("reason",),
    Supervision: ("words", "reply"),
    Measure: ("words",),
    Opinion: ("reply", "basis"),
    HotlineTicket: ("forward", "reply"),
    Told: ("words",),
    FollowUp: ("words",),
    CallBack: ("words",),
    Call: ("words",),
}


def follow_merged(*, kept_id: int, other_id: int) -> None:
    """The port ``contacts.household_merged``."""
    Grievance.objects.filter(household_id=other_id).update(household_id=kept_id)


def erase_resident(
    *, household_id: int, resident_id: int, names: Collection[str], phones: Collection[str]
) -> None:
    """The port ``contacts.resident_erased``: out of every text of what the person raised, or home.

    Restricted ones too; nobody learns that there are any.
    """
    _, purpose = Raiser.blind_indexes["phone_index"]
    numbers = [blind_index(phone, purpose=purpose) for phone in phones]
    street = Resident.objects.values_list("household__street_id", flat=True).get(pk=resident_id)
    own = Q(household_id=household_id) | Q(raiser__resident_id=resident_id)
    same = Q(raiser__phone_index__in=numbers, street_id=street)
    ids = list(Grievance.objects.filter(own | same).values_list("pk", flat=True))
    for model, columns in TEXTS.items():
        of = "pk__in" if model is Grievance else "grievance__in"
        _rewrite(model, {of: ids}, columns, names, phones)
    _empty_raisers(ids, names, phones)
    for grievance in Grievance.objects.filter(pk__in=ids):
        index_grievance(grievance)


def _rewrite(
    model: type[models.Model],
    which: Mapping[str, list[int]],
    columns: tuple[str, ...],
    names: Collection[str],
    phones: Collection[str],
) -> None:
    for row in model._base_manager.filter(**which).select_for_update(of=("self",)):
        changed = []
        for column in columns:
            before = getattr(row, column)
            after = strike(before, names=names, phones=phones) if before else before
            if after != before:
                setattr(row, column, after)
                changed.append(column)
        if changed:
            row.save(update_fields=changed)


def _empty_raisers(ids: list[int], names: Collection[str], phones: Collection[str]) -> None:

    for raiser in Raiser.objects.filter(grievance__in=ids).select_for_update(of=("self",)):
        named = raiser.name in names or normalise_phone(raiser.phone) in phones
        changed = []
        if named:
            raiser.name, raiser.phone, raiser.address, raiser.resident = ERASED, "", "", None
            changed = ["name", "phone", "phone_index", "address", "resident"]
        if raiser.proxy_name in names:
            raiser.proxy_name = ERASED
            changed.append("proxy_name")
        if changed:
            refresh_blind_indexes(raiser)
            raiser.save(update_fields=changed)
