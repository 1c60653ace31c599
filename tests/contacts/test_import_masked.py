"""SECURITY: who sees a household masked learns and changes nothing hidden of it by a list."""

import pytest
from django.utils import timezone

from contacts.models import Resident
from contacts.services.household_entries import MOST_RESIDENTS, NOTE_LIMIT
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.contacts.importing import HEADING, check, reasons, run
from tests.factories.accounts import make_post
from tests.factories.contacts import make_household, make_resident, make_reveal

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PHONE, YEAR = "13847291234", 1943
MORE = (*HEADING, "与户主关系", "楼层", "备注")


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def wang(world) -> Resident:
    home = make_household(world.building, unit="1", room="601", floor=6, note="独子在外地，血压高")
    return make_resident(home, name="王秀英", phone=PHONE, birth_year=YEAR)


def row(name="王秀英", phone="", year="", room="601", **more) -> list[str]:
    told = {
        "社区": "八角北里社区", "楼栋": "12号楼", "单元": "1", "室": room, "姓名": name,
        "电话": phone, "出生年份": str(year),
    } | more  # fmt: skip
    return [told.get(title, "") for title in MORE]


def answer(job) -> tuple[dict[str, int], dict[int, str]]:
    return job.counts, reasons(job)


@pytest.mark.parametrize("ask", [check, run], ids=["check", "import"])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"phone": PHONE}, {"phone": "13800001234"}),
        ({"year": YEAR}, {"year": 1944}),
        ({"与户主关系": "户主"}, {"与户主关系": "租户"}),
        ({"楼层": "6"}, {"楼层": "7"}),
        ({"备注": "血压高"}, {"备注": "糖尿病"}),
        ({"备注": "血压高"}, {"备注": "长" * NOTE_LIMIT}),
    ],
)
def test_what_is_hidden_is_neither_confirmed_nor_denied(admin, wang, ask, overwrite, right, wrong):
    hit = ask(admin, [row(**right)], MORE, overwrite=overwrite)
    miss = ask(admin, [row(**wrong)], MORE, overwrite=overwrite)

    assert answer(hit) == answer(miss)
    assert (hit.counts["same"], hit.counts["bad"], hit.message) == (1, 0, miss.message)


def test_the_list_wins_nothing_over_what_is_hidden(admin, wang):
    run(admin, [row(phone="13900000000", year=1950, 楼层="9")], MORE, overwrite=True)

    wang.refresh_from_db()
    assert (wang.phone, wang.birth_year, wang.household.floor) == (PHONE, YEAR, 6)
    assert not AuditEvent.objects.filter(action__startswith="resident.").exists()


def test_what_is_empty_is_filled_and_notes_are_added(admin, wang):
    Resident.objects.update(phone="", birth_year=None)
    rows = [row(phone="13900000000", 备注="门口有狗")]

    assert check(admin, rows, MORE).counts["changed"] == 1
    run(admin, rows, MORE)
    again = run(admin, rows, MORE)

    wang.refresh_from_db()
    assert (wang.phone, wang.birth_year) == ("13900000000", None)
    wang.household.refresh_from_db()
    assert wang.household.note == "独子在外地，血压高；门口有狗"
    assert (again.counts["changed"], again.counts["same"], again.counts["notes"]) == (0, 1, 1)


def test_who_has_stated_a_reason_is_told_what_differs(admin, wang):
    make_reveal(wang.household, admin, at=timezone.now())

    told = reasons(check(admin, [row(phone="13800001234"), row("李强")], MORE))

    assert list(told) == [2]
    assert "电话" in told[2]


def test_every_number_for_one_person_is_a_contradiction_not_a_question(admin, wang):
    """Found before any row is held against the register, however the place is spelt."""
    rows = [row(phone=f"138{n:04}1234") for n in (1, 2, 4729)]
    rows.append(row(phone="13800031234", 社区="", 楼栋="12", 单元="1单元"))

    job = check(admin, rows, MORE)

    assert job.counts["bad"] == len(rows)
    assert set(reasons(job).values()) == {reasons(job)[2]}
    assert "同一人在名单里出现多次且不一致：电话" in reasons(job)[2]


def test_contradictions_far_apart_and_of_a_building_that_is_made_are_found(admin):
    new = {"楼栋": "8号楼"}
    rows = [row(phone="13800000001", **new), row("周全", room="900", **new)]
    rows += [row("", room=str(n)) for n in range(1, 450)]
    rows += [row(phone="13800000002", **new), row("周全", room="900", 楼层="3", **new)]

    checked = check(admin, rows, MORE, make_buildings=True)
    done = run(admin, rows, MORE, make_buildings=True)

    assert sorted(reasons(done)) == [2, len(rows)]
    assert answer(done) == answer(checked)


def test_no_more_names_are_tried_at_a_door_than_can_live_there(admin, wang):
    names = [f"李{chr(0x4E00 + n)}" for n in range(MOST_RESIDENTS)]

    told = reasons(check(admin, [row(name) for name in (*names, "王秀英", "王秀瑛")], MORE))

    assert told[MOST_RESIDENTS + 2] == told[MOST_RESIDENTS + 3]


@pytest.mark.parametrize("ask", [check, run], ids=["check", "import"])
def test_whoever_asks_by_a_list_stands_in_the_trail(admin, wang, ask):
    job = ask(admin, [row(phone=PHONE)], MORE)

    event = AuditEvent.objects.get(action="household.check")
    assert (event.object_id, event.post_id) == (str(job.pk), admin.pk)
    assert (event.reason_code, event.fields) == (
        "rows-1",
        ["birth_year", "name", "note", "phone", "relation"],
    )


@pytest.mark.parametrize(
    "told", ["王秀英", "13847291234", "王秀英13847291234", "110107195003071234"]
)
def test_a_column_of_people_makes_no_buildings(admin, told):
    job = check(admin, [row(楼栋=told)], MORE, make_buildings=True)

    assert "不像楼栋的名字" in reasons(job)[2]
    assert told not in str((job.checkpoint, job.parameters["buildings"], reasons(job)))
