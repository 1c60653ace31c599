"""Merging two records of a household and erasing a person reach the grievances too."""

import pytest
from django.apps import apps
from django.utils import timezone

from contacts.services.erasing import ERASED, erase_resident
from contacts.services.merging import merge_households
from grievances.models import Event, Grievance, Liaison, Opinion, Raiser
from grievances.services.households import TEXTS
from grievances.services.registering import RaiserEntry
from portal.accounts.roles import Role
from portal.core.encryption import EncryptedTextField
from portal.search.models import SearchEntry
from tests.factories.accounts import make_post
from tests.factories.contacts import make_household, make_resident, make_reveal
from tests.factories.grievances import make_grievance
from tests.factories.rights import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NAME, PHONE = "钱文静", "13800139876"
#: No text about residents: keys of links, and people of other units.
_OTHERS = {"HandlerLink.token", "ResidentLink.token", "Liaison.phone"}
_EMPTIED = {"Raiser.name", "Raiser.phone", "Raiser.address", "Raiser.proxy_name"}


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker):
    found = make_household(world.building, worker=worker.user)
    make_resident(found, name=NAME, phone=PHONE)
    return found


def raised(worker, home, **changes):
    return make_grievance(
        home.community,
        post=worker,
        household_id=home.pk,
        text=f"{NAME}家漏水，电话{PHONE}",
        raiser=RaiserEntry(name=NAME, phone=PHONE, address="12号楼502"),
        **changes,
    )


def erase(world, home):
    leader = make_post(Role.LEADER, world.north)
    make_reveal(home, leader, at=timezone.now())
    request = make_request(world.north, household=home, kind="DELETION")
    erase_resident(
        actor=leader,
        request_id=request.pk,
        resident_id=home.residents.get().pk,
        now=timezone.now(),
    )


def test_what_was_raised_follows_the_record_that_is_kept(world, worker, home):
    twin = make_household(world.building)
    found = raised(worker, twin)

    merge_households(actor=None, household_id=home.pk, other_id=twin.pk, now=timezone.now())

    found.refresh_from_db()
    assert found.household_id == home.pk


@pytest.mark.parametrize("sealed", [False, True])
def test_erasing_takes_the_person_out_of_what_they_raised(world, worker, home, sealed):
    found = raised(worker, home, is_restricted=sealed)
    now = timezone.now()
    Event.objects.create(
        grievance=found, move="chase", at=now, to_state=found.state, words=f"问过{NAME}"
    )
    Opinion.objects.create(
        grievance=found, round=1, move="reply", result="SOLVED", reply=f"已回{NAME}{PHONE}",
        unit=found.street, at=now,
    )  # fmt: skip

    erase(world, home)

    found.refresh_from_db()
    raiser = Raiser.objects.get(grievance=found)
    assert (raiser.name, raiser.phone, raiser.address, raiser.phone_index) == (ERASED, "", "", "")
    texts = [found.words, *(row.words for row in found.events.all())]
    texts += [row.reply for row in found.opinions.all()]
    assert not any(NAME in text or PHONE in text for text in texts)
    assert "家漏水" in found.words
    assert SearchEntry.objects.filter(kind="grievance").exists() is not sealed


def test_somebody_elses_grievance_stays(world, worker, home):
    other = make_grievance(world.north, text=f"楼道灯不亮，{NAME}说的", post=worker)

    erase(world, home)

    other.refresh_from_db()
    assert NAME in other.text
    assert Raiser.objects.get(grievance=other).name == "王秀英"


def test_the_table_of_texts_knows_every_column():
    encrypted = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("grievances").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    }
    known = {f"{model.__name__}.{name}" for model, names in TEXTS.items() for name in names}

    assert encrypted <= known | _OTHERS | _EMPTIED
    assert Liaison.__name__ not in {model.__name__ for model in TEXTS}
    assert {"text", "sealed_text", "place", "public_words"} == set(TEXTS[Grievance])
