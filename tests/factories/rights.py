"""Requests about personal data, messages about the portal."""

import datetime as dt
import itertools
import uuid

from django.utils import timezone

from contacts.models import Household, RightsRequest
from portal.accounts.models import Organisation, Post
from portal.desk.models import Feedback

_codes = itertools.count(1)


def make_request(
    community: Organisation,
    *,
    kind: str = "COPY",
    household: Household | None = None,
    taken_by: Post | None = None,
    due_in: int = 15,
    **fields: object,
) -> RightsRequest:
    ids = community.scope_ids()
    now = timezone.now()
    values = {
        "code": f"AAAA-BBBB-{next(_codes):04}",
        "kind": kind,
        "name": "王秀英",
        "phone": "13800131234",
        "received_at": now,
        "due_on": timezone.localdate(now) + dt.timedelta(days=due_in),
        **fields,
    }
    return RightsRequest.objects.create(
        district_id=ids.district_id,
        street_id=ids.street_id,
        community_id=community.pk,
        household=household,
        taken_by=taken_by,
        **values,
    )


def make_feedback(post: Post, **fields: object) -> Feedback:
    ids = post.organisation.scope_ids()
    values = {"kind": "TROUBLE", "text": "日记要点三次才能打印", "at": timezone.now(), **fields}
    return Feedback.objects.create(
        client_id=uuid.uuid4(),
        user=post.user,
        district_id=ids.district_id,
        street_id=ids.street_id,
        **values,
    )
