"""Every list that can be exported × every role, written by hand; and what all of them keep to."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.utils import timezone

from portal.accounts.roles import Role
from portal.accounts.trail_words import REASONS, field_words
from portal.core.sheets.listing import Listing
from portal.jobs import exports
from portal.jobs.models import Job
from tests.factories.accounts import make_post, sign_in
from tests.factories.exports import ask
from tests.portal.access import AUD, DA, DL, SA, SEC, SYS, C, D, L, O, W

pytestmark = pytest.mark.django_db

CONTACT = {W, O, L, D, C, SA, DL, DA}
#: A new list needs a row; the roles are decided here, not copied from the code.
LISTS = {
    "visits": CONTACT,
    "households": CONTACT,
    "grievances": CONTACT,
    "points": CONTACT,
    "teams": CONTACT,
    "services": CONTACT,
    "rights": {L, SA, C},
    "looks": {W, L, SA},
    "people": {SA, DA, SYS, SEC},
    "posts": {SA, DA, SEC},
    "units": {SA, DA, SYS},
    # An inspector sees the own ones and takes nothing along.
    "inspections": {DA, DL},
    "audit": {AUD},
    "feedback": {DA, SYS},
}
PLACES = {
    W: "north", L: "north", O: "section", D: "bajiao", C: "bajiao", SA: "bajiao",
    Role.HANDLER: "section",
}  # fmt: skip


def post_of(role, world):
    return make_post(role, getattr(world, PLACES.get(role, "district")))


def test_the_table_names_every_list():
    assert set(LISTS) == set(exports.keys())


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("key", LISTS)
def test_each_role_exports_what_the_table_says_and_nothing_else(client, world, key, role):
    post = sign_in(client, post_of(role, world))

    answer = client.get(f"/reports/exports/new/{key}/")

    assert answer.status_code == (200 if role in LISTS[key] else 403)
    if role not in LISTS[key]:
        with pytest.raises(PermissionDenied):
            ask(post, key)
        assert not Job.objects.exists()


@pytest.mark.parametrize("key", LISTS)
def test_the_trail_has_words_for_each_list_and_its_filters(key):
    export = exports.get(key)
    assert REASONS[export.kind] == f"导出{export.title}"
    assert [name for name in export.filters if field_words(name) == name] == []


@pytest.mark.parametrize("key", LISTS)
def test_headings_are_said_once_and_no_list_has_care_categories(world, key):
    role = min(LISTS[key])
    listing: Listing = exports.get(key).open(post_of(role, world), QueryDict(), timezone.now())
    titles = [column.title for column in listing.columns]
    assert len(set(titles)) == len(titles)
    assert not any("关爱" in title for title in titles)
