"""People who never sign in, as the services make them."""

from __future__ import annotations

import datetime as dt

from grievances.kinds import Part
from grievances.models import Assignment, Grievance, HandlerLink, Liaison
from grievances.services.handler_links import make_link
from grievances.services.liaisons import LiaisonEntry, add_liaison
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import Role
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

    def liaison(self, unit: Organisation | None = None, actor: Post | None = None) -> Liaison:
        entry = LiaisonEntry(
            unit_id=(unit or self.unit).pk, name="李工", phone="13911112222", note="白天打"
        )
        return add_liaison(actor=actor or self.clerk, entry=entry, now=self.now)
