"""People who never sign in, as the services make them."""

from __future__ import annotations

import datetime as dt

from grievances.kinds import Part
from grievances.models import Assignment, Grievance, HandlerLink, Liaison
from grievances.services.handler_links import LinkEntry, make_link, use_link
from grievances.services.liaisons import CallEntry, LiaisonEntry, add_liaison, log_call
from grievances.services.registering import open_to_posts
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import Role
from portal.core.periods import day_of, start_of
from tests.factories.accounts import World, make_organisation, make_post
from tests.factories.grievances import make_grievance, move

TEXT = "王秀英家楼下的路灯坏了，电话13800131234。"


class Outside:
    """A street's desk, an outside body without accounts, and a grievance that it leads."""

    def __init__(self, world: World, now: dt.datetime) -> None:
        self.world, self.now = world, now
        self.clerk = make_post(Role.CLERK, world.bajiao)
        self.unit = make_organisation(
            OrganisationKind.EXTERNAL, parent=world.district, code="110107E001", name="供电公司"
        )
        self.co_unit = world.section
        self.found = self.given()

    def given(self, **changes: object) -> Grievance:
        """Accepted and handed over; the section helps."""
        found = make_grievance(
            self.world.north, post=self.clerk, now=self.now, **{"text": TEXT, **changes}
        )
        move(found, "accept", self.clerk, now=self.now)
        return move(
            found,
            "assign",
            self.clerk,
            now=self.now,
            lead_id=self.unit.pk,
            manner="COORDINATE",
            co_handlers=[self.co_unit],
        )

    def assignment(self, found: Grievance | None = None, part: Part = Part.LEAD) -> Assignment:
        rows = (found or self.found).assignments.filter(withdrawn_at__isnull=True, part=part)
        one: Assignment = rows.get()
        return one

    def link(
        self,
        found: Grievance | None = None,
        *,
        part: Part = Part.LEAD,
        now: dt.datetime | None = None,
        actor: Post | None = None,
    ) -> HandlerLink:
        found = found or self.found
        return make_link(
            actor=actor or self.clerk,
            number=found.number,
            assignment_id=self.assignment(found, part).pk,
            now=now or self.now,
        )

    def seal(self) -> None:
        """As if it had been restricted from the first, by the clerk who is named for it."""
        rows = Grievance.objects.filter(pk=self.found.pk)
        rows.update(is_restricted=True, text="", place="", public_words="", sealed_text=TEXT)
        open_to_posts(self.found, {self.clerk.pk})

    def liaison(self, unit: Organisation | None = None, actor: Post | None = None) -> Liaison:
        entry = LiaisonEntry(
            unit_id=(unit or self.unit).pk, name="李工", phone="13911112222", note="白天打"
        )
        return add_liaison(actor=actor or self.clerk, entry=entry, now=self.now)


def handed_over(
    found: Grievance, unit: Organisation, clerk: Post, *, now: dt.datetime
) -> dict[str, object]:
    """Signed for by link, due today, with a 联络员 and a call: what fills addresses of its pages."""
    entry = LiaisonEntry(unit_id=unit.pk, name="李工", phone="13911112222", note="白天打")
    liaison = add_liaison(actor=clerk, entry=entry, now=now)
    [lead] = found.assignments.filter(part=Part.LEAD)
    signed = make_link(actor=clerk, number=found.number, assignment_id=lead.pk, now=now)
    reply = use_link(token=str(signed.token), entry=LinkEntry(does="sign"), now=now).following
    assert reply is not None
    call = CallEntry(unit_id=unit.pk, liaison_id=liaison.pk, words="说今天去看。", at=now)
    log_call(actor=clerk, number=found.number, entry=call, now=now)
    end = start_of(day_of(now) + dt.timedelta(days=1)) - dt.timedelta(seconds=1)
    Grievance.objects.filter(pk=found.pk).update(due_at=end, due_on=day_of(now))
    found.refresh_from_db()
    return {
        "liaison": liaison.pk,
        "unit": unit.pk,
        "signed": str(signed.token),
        "reply": str(reply.token),
    }
