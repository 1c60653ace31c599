"""What the database itself refuses of visits, whoever writes."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.models import Matter, Promise, Visit, VisitDraft, VisitPerson
from tests.factories.accounts import make_user
from tests.factories.contacts import make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def visit() -> Visit:
    return make_visit()


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "PARTY"},
        {"channel": "FAX"},
        {"result": "SEEN"},
        {"household": None},
        {"recorded_at": timezone.now() - dt.timedelta(days=9)},
        {"next_step_on": dt.date(2030, 1, 1)},
        {"void_reason": "没有时间"},
        {"voided_at": timezone.now()},
        {"next_step": None},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_impossible_visits(visit, bad):
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(**bad)


def test_one_id_is_one_visit(visit):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_visit(visit.household, client_id=visit.client_id)


def test_one_lead_and_each_person_once(visit):
    row = {"visit": visit, "post": visit.post, "occurred_on": visit.occurred_on}
    row["street"] = visit.street
    for bad in ({"user": make_user(), "is_lead": True}, {"user": visit.author}):
        with pytest.raises(IntegrityError), transaction.atomic():
            VisitPerson.objects.create(**row, **bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"text": "", "outcome": "SOLVED"},
        {"text": "漏水", "outcome": "LATER"},
        {"text": "漏水", "outcome": "SOLVED", "grievance_number": "BJ-1"},
    ],
)
def test_impossible_matters(visit, bad):
    with pytest.raises(IntegrityError), transaction.atomic():
        Matter.objects.create(visit=visit, position=1, **bad)


def test_a_promise_has_words_and_is_kept_by_somebody(visit):
    row = {"visit": visit, "household": visit.household, "due_on": dt.date(2030, 1, 1)}
    for bad in ({"text": ""}, {"text": "送药", "kept_on": dt.date(2030, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Promise.objects.create(**row, **bad)


def test_one_draft_per_form():
    row = {"client_id": uuid.uuid4(), "payload": "{}", "updated_at": timezone.now()}
    VisitDraft.objects.create(user=make_user(), **row)

    with pytest.raises(IntegrityError), transaction.atomic():
        VisitDraft.objects.create(user=make_user(), **row)
