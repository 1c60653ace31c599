"""What a person does with a diary besides reading it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from contacts.services.looking import note_on_paper
from portal.accounts.models import Post, User
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.periods import Week


@transaction.atomic
def note_print(
    *, actor: Post, owner: User, week: Week, household_ids: Collection[int] = ()
) -> None:
    """Keep in the trail that this diary week left the portal on paper.

    ``household_ids`` are those that stand on it in full.
    """
    actor.require(Permission.SEE_DIARY)
    if owner.pk != actor.user_id:
        actor.require(Permission.SEE_DIARY_OF_OTHERS)
    record(actor=actor, action="diary.print", obj=owner, fields=("week",), reason=str(week))
    note_on_paper(actor=actor, household_ids=household_ids)
