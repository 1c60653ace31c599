"""Rows of the audit trail, signed like any other."""

from __future__ import annotations

import datetime as dt
import uuid
from random import Random
from typing import Final

from django.db import models

from portal.audit.models import AuditEvent
from portal.audit.sealing import CONTENT, row_mac
from portal.desk.scale.copying import Table, line
from portal.desk.scale.people import Seat
from portal.desk.scale.world import World

EVENTS: Final = Table(AuditEvent, ("id", *CONTENT, "mac"))


class Trail:
    """The events of one part of the work; ids are counted from the first free one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lines: list[str] = []

    def add(
        self,
        number: int,
        action: str,
        model: type[models.Model],
        key: int,
        seat: Seat,
        at: dt.datetime,
    ) -> None:
        bits = Random(f"{self.world.seed}:event:{number}").getrandbits(128)
        content = {
            "uid": uuid.UUID(int=bits, version=4),
            "at": at,
            "actor_id": seat.user_id,
            "actor_username": seat.username,
            "post_id": seat.post_id,
            "role": seat.role,
            "organisation_id": seat.place,
            "district_id": seat.district,
            "action": action,
            "object_kind": model._meta.label_lower,
            "object_id": str(key),
            "fields": [],
            "reason_code": "",
            "request_id": "",
        }
        values = (content[name] for name in CONTENT)
        self.lines.append(line(self.world.first_event + number, *values, row_mac(content)))
