"""An import adds what a list says, changes nothing twice, deletes nobody and gives back the bad."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import Household, HouseholdCare, HouseholdDuty, Resident
from contacts.search import index_visit
from contacts.services.household_entries import HouseholdEntry, ResidentEntry
from contacts.services.households import register_household
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.bigrams import query_phrases
from portal.search.models import SearchEntry
from tests.contacts.importing import HEADING, check, reasons, rejects, run
from tests.factories.accounts import make_post, make_user
from tests.factories.contacts import (
    make_building,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NORTH = "八角北里社区"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


def row(room="502", name="王秀英", phone="13800131234", year="1950", **changes):
    told = {
        "社区": NORTH, "楼栋": "12号楼", "单元": "3", "室": room, "姓名": name, "电话": phone,
        "出生年份": year,
    }  # fmt: skip
    return [(told | changes)[title] for title in HEADING]


def counts(job) -> tuple[int, ...]:
    return tuple(job.counts[name] for name in ("new", "changed", "same", "bad"))


def test_a_list_becomes_households_with_their_people(admin, world):
    job = run(
        admin,
        [row(), row(name="李强", phone="", year=""), row("503", "赵敏"), row("504", "", "", "")],
    )

    assert counts(job) == (4, 0, 0, 0)
    assert (job.counts["households"], job.counts["residents"]) == (3, 3)
    home = Household.objects.get(room="502")
    assert (home.building, home.grid, home.community) == (world.building, world.grid, world.north)
    assert (home.unit, home.street_id) == ("3", world.bajiao.pk)
    wang, li = home.residents.order_by("pk")
    assert (wang.name, wang.phone, wang.birth_year) == ("王秀英", "13800131234", 1950)
    assert (wang.is_contact, wang.relation) == (True, "HEAD")
    assert (li.is_contact, li.relation) == (False, "OTHER")
    assert wang.phone_index
    assert SearchEntry.objects.filter(kind="household").count() == 3


def test_an_import_writes_what_the_form_would_write(admin, world):
    """One home of the rules: the same rows, trail and search as one by one."""
    register_household(
        actor=admin,
        entry=HouseholdEntry(
            building_id=world.building.pk,
            unit="3",
            room="501",
            residents=(
                ResidentEntry(name="王秀英", phone="13800131234", birth_year=1950, is_contact=True),
            ),
        ),
        now=timezone.now(),
    )
    run(admin, [row("502室", phone="138 0013-1234")])

    def without(model, *names):
        skipped = {"id", "room", "household", "household_id", "created_at", "door_order", *names}
        return [
            {f.name: getattr(one, f.name) for f in model._meta.fields if f.name not in skipped}
            for one in model.objects.order_by("pk")
        ]

    for model in (Household, Resident):
        by_form, by_import = without(model)
        assert by_form == by_import
    by_form, by_import = without(SearchEntry, "object_id")
    assert by_form == by_import
    events = AuditEvent.objects.filter(action__in=["household.register", "resident.add"])
    told = [(event.action, event.object_kind) for event in events.order_by("pk")]
    assert told[:2] == told[2:]
    assert set(events.values_list("post_id", flat=True)) == {admin.pk}


def test_importing_twice_changes_nothing(admin):
    rows = [row(), row("503", "赵敏"), row("503", "赵勇", "")]
    run(admin, rows)
    before = list(Resident.objects.values_list()), list(Household.objects.values_list())
    events = AuditEvent.objects.count()

    job = run(admin, rows)

    assert counts(job) == (0, 0, 3, 0)
    assert (list(Resident.objects.values_list()), list(Household.objects.values_list())) == before
    assert AuditEvent.objects.count() == events + 3  # asked for, held against it, finished


def test_a_check_says_the_same_as_the_import_and_writes_nothing(admin):
    run(admin, [row("503", "赵敏", "")])
    rows = [
        row(),
        row(name="李强"),
        row("503", "赵敏", "13900139000"),
        row("503", "赵敏", "13900139000"),
        row("504", "坏人", "123"),
    ]

    checked = check(admin, rows)
    assert Resident.objects.count() == 1
    assert Household.objects.count() == 1
    imported = run(admin, rows)

    assert checked.counts == imported.counts
    assert counts(imported) == (2, 1, 0, 1)
    assert imported.counts["repeated"] == 1
    assert "1 行与本表前面的行重复" in checked.message
    assert " 0 " not in checked.message
    assert reasons(checked) == reasons(imported)


def test_somebody_else_at_the_same_door_joins_and_nobody_leaves(admin, world):
    home = make_household(world.building, unit="3", room="502")
    make_resident(home, name="陈玉兰", is_contact=True)

    run(admin, [row()])

    assert Household.objects.count() == 1
    assert set(home.residents.values_list("name", "is_contact", "left_on")) == {
        ("陈玉兰", True, None),
        ("王秀英", False, None),
    }


def test_gaps_are_filled_and_what_differs_comes_back(admin, world):
    home = make_household(world.building, unit="3", room="502")
    wang = make_resident(home, phone="13900139000")
    make_reveal(home, admin, at=timezone.now())

    job = run(admin, [row()])

    wang.refresh_from_db()
    assert (wang.phone, wang.birth_year) == ("13900139000", None)
    assert counts(job) == (0, 0, 0, 1)
    assert "电话" in reasons(job)[2]
    assert "13900139000" not in reasons(job)[2]

    job = run(admin, [row(phone="")])
    wang.refresh_from_db()
    assert (counts(job), wang.birth_year) == ((0, 1, 0, 0), 1950)


def test_the_list_may_be_told_to_win(admin, world):
    home = make_household(world.building, unit="3", room="502")
    wang = make_resident(home, phone="13900139000")
    make_reveal(home, admin, at=timezone.now())
    index = wang.phone_index

    job = run(admin, [row()], overwrite=True)

    wang.refresh_from_db()
    assert counts(job) == (0, 1, 0, 0)
    assert wang.phone == "13800131234"
    assert wang.phone_index != index
    edit = AuditEvent.objects.get(action="resident.edit")
    assert edit.fields == ["birth_year", "phone"]


def test_who_has_left_is_not_brought_back(admin, world):
    home = make_household(world.building, unit="3", room="502")
    make_resident(home, left_on=dt.date(2026, 1, 1))

    assert "离开" in reasons(run(admin, [row()]))[2]
    assert home.residents.count() == 1


def test_a_former_spelling_is_the_same_person(admin, world):
    home = make_household(world.building, unit="3", room="502")
    make_resident(home, name="王秀瑛", former_names=["王秀英"], birth_year=1950)

    assert counts(run(admin, [row()])) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"室": ""}, "室：必须填写"),
        ({"楼栋": ""}, "楼栋：没有写"),
        ({"楼栋": "99号楼"}, "没有这栋楼"),
        ({"社区": "八宝山社区"}, "没有这个社区"),
        ({"电话": "12345"}, "电话：号码不对"),
        ({"姓名": ""}, "姓名：没有写"),
        ({"姓名": "王" * 41}, "姓名：姓名最多40个字"),
        ({"姓名": '=HYPERLINK("http://evil","x")'}, "姓名：不能以"),
        ({"姓名": "=1+1"}, "姓名：不能以"),
        ({"姓名": "＠王秀英"}, "姓名：不能以"),
        ({"姓名": "王\u202e秀英"}, "姓名：里面有换行"),
        ({"姓名": "王\n秀英"}, "姓名：里面有换行"),
        ({"室": "+502"}, "室：不能以"),
        ({"室": "-1+1"}, "室：不能以"),
        ({"楼栋": "-12号楼"}, "楼栋：不能以"),
        ({"出生年份": "1850"}, "出生年份：请填"),
        ({"出生年份": "去年"}, "出生年份：看不懂"),
        ({"室": "5" * 21}, "室：最多写 20 个字"),
    ],
)
def test_a_bad_row_comes_back_with_its_reason_and_the_others_stand(admin, changes, why):
    job = run(admin, [row(), row("503", **changes), row("504", "孙丽")])

    assert counts(job) == (2, 0, 0, 1)
    assert why in reasons(job)[3]
    [back] = rejects(job)
    sent = row("503", **changes)
    assert list(back.cells) == ["3", reasons(job)[3], *sent]
    assert Household.objects.count() == 2


def test_what_comes_back_can_be_mended_and_sent_again(admin):
    first = run(admin, [row(), row("503", phone="1")])
    [back] = rejects(first)
    heading = ("行号", "原因", *HEADING)
    mended = [*back.cells]
    mended[heading.index("电话")] = "13800131235"

    second = run(admin, [mended], heading)

    assert counts(second) == (1, 0, 0, 0)
    worse = run(admin, [["17", "旧原因", *row("505", phone="2")]], heading)
    [again] = rejects(worse)
    assert list(again.cells) == ["2", reasons(worse)[2], *row("505", phone="2")]


def test_the_number_is_the_row_of_the_uploaded_sheet(admin):
    """As a spreadsheet shows it: above the heading may stand a title, between rows nothing."""
    title, blank = ("八角街道住户名单",), []
    rows = [HEADING, row(), blank, row("503", phone="1"), blank, row("504", phone="2")]

    job = run(admin, rows, title)

    assert [back.cells[0] for back in rejects(job)] == ["5", "7"] == [*map(str, reasons(job))]


def test_columns_of_the_same_name_as_ours_are_given_back_as_well(admin):
    heading = (*HEADING, "原因", "行号")
    job = run(admin, [[*row("503", phone="1"), "拆迁", "甲-1"]], heading)

    [back] = rejects(job)
    assert list(back.cells) == ["2", reasons(job)[2], *row("503", phone="1"), "拆迁", "甲-1"]


@pytest.mark.parametrize(
    ("told", "year"),
    [
        ("110107195003071234", "1950"),
        ("11010719500307123x", "1950"),
        ("110107500307123", "1950"),
        ("1950-03-07", "1950"),
        ("1950年3月", "1950"),
        ("19500307", "1950"),
        ("1950", "1950"),
    ],
)
def test_of_birth_only_the_year_is_kept(admin, told, year):
    heading = ("楼栋", "室", "姓名", "身份证号")
    run(admin, [["12号楼", "502", "王秀英", told]], heading)

    assert Resident.objects.get().birth_year == int(year)
    values = str(list(Resident.objects.values())) + str(list(AuditEvent.objects.values()))
    assert len(told) < 9 or told not in values


def test_cells_that_look_like_formulas_stay_text_and_come_back_safe(admin):
    heading = (*HEADING, "备注")
    evil = '=HYPERLINK("http://x","y")'
    job = run(admin, [[*row(), evil], [*row("503", phone="+1"), evil]], heading)

    assert Household.objects.get().note == evil
    file = job.files.get(role="REJECTS")
    from portal.jobs import files  # noqa: PLC0415

    raw = files.opened(file).read().decode("utf-8-sig")
    assert "'=HYPERLINK" in raw
    assert "'+1" in raw
    [back] = rejects(job)
    assert back.cells[2:] == (*row("503", phone="+1"), evil)


def test_buildings_are_made_only_when_asked_for(admin, world):
    rows = [
        row("101", 楼栋="8", name="甲一"),
        row("102", 楼栋="8号楼", name="乙二"),
        row("103", 楼栋="9号楼", phone="1"),
    ]
    assert counts(run(admin, rows)) == (0, 0, 0, 3)

    checked = check(admin, rows, make_buildings=True)
    assert checked.counts["buildings"] == 1
    assert checked.parameters["buildings"] == ["8号楼"]
    assert "8号楼" not in str(checked.checkpoint)
    job = run(admin, rows, make_buildings=True)

    assert counts(job) == (2, 0, 0, 1)
    made = Organisation.objects.get(name="8号楼")
    assert (made.parent, job.counts["buildings"]) == (world.north, 1)
    assert made.code.startswith(f"{world.north.code}B")
    assert not Organisation.objects.filter(name="9号楼").exists()
    assert Household.objects.filter(building=made).count() == 2


def test_a_leader_cannot_make_buildings(world):
    leader = make_post(Role.LEADER, world.north)

    job = run(leader, [row(楼栋="8号楼")], make_buildings=True)

    assert counts(job) == (0, 0, 0, 1)


def test_two_buildings_of_one_name_need_the_community(admin, world):
    make_building(world.south, name="12号楼")

    job = run(admin, [row(社区=""), row("503", "赵敏", 社区="八角南里")])

    assert "不止一栋" in reasons(job)[2]
    assert Household.objects.get().community == world.south


HEADING_ALL = (*HEADING, "与户主关系", "关爱类别", "走访责任人", "上门意愿", "楼层", "备注")


def full(room="502", name="王秀英", **changes):
    told = {
        "与户主关系": "老伴", "关爱类别": "独居老人", "走访责任人": "李敏", "上门意愿": "不上门",
        "楼层": "5层", "备注": "门口有狗",
    }  # fmt: skip
    return [*row(room, name), *(told | changes).values()]


def test_everything_that_a_list_can_tell(world):
    leader = make_post(Role.LEADER, world.north)
    worker = make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏"))
    make_category("独居老人")
    make_category("残疾人")

    job = run(
        leader, [full(), full(name="李强", 关爱类别="独居老人、残疾人", 备注="耳背")], HEADING_ALL
    )

    assert counts(job) == (2, 0, 0, 0)
    home = Household.objects.get()
    assert (home.floor, home.door_wish) == (5, "PHONE")
    assert home.note == "门口有狗；耳背"
    assert home.residents.get(name="王秀英").relation == "SPOUSE"
    names = home.cares.values_list("category__name", flat=True)
    assert sorted(names) == ["残疾人", "独居老人"]
    assert home.duties.get().user == worker.user
    assert counts(run(leader, [full()], HEADING_ALL)) == (0, 0, 1, 0)


def test_a_new_household_is_written_once_with_all_that_its_rows_tell(world):
    leader = make_post(Role.LEADER, world.north)
    make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏"))
    make_category("独居老人")

    run(leader, [full(), full(name="李强", 备注="耳背")], HEADING_ALL)

    trail = AuditEvent.objects.filter(action__regex="^(household|resident)[.]").order_by("pk")
    assert list(trail.values_list("action", flat=True)) == [
        "household.check",
        "household.register",
        "resident.add",
        "resident.add",
        "household.set_cares",
        "household.assign_duty",
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"关爱类别": "富裕家庭"}, "没有“富裕家庭”这一类"),
        ({"走访责任人": "外人"}, "没有这位同事"),
        ({"走访责任人": "张伟"}, "有同名的"),
        ({"走访责任人": "古城人"}, "没有这位同事"),
        ({"上门意愿": "随缘"}, "上门意愿：看不懂"),
        ({"楼层": "顶"}, "楼层：看不懂"),
        ({"楼层": "999"}, "楼层：请填"),
        ({"与户主关系": "师父"}, "与户主关系：看不懂"),
        ({"备注": "长" * 1001}, "备注：最多写"),
    ],
)
def test_what_cannot_be_meant_is_refused(world, changes, why):
    leader = make_post(Role.LEADER, world.north)
    make_category("独居老人")
    make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏"))
    for _ in range(2):
        make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="张伟"))
    make_post(Role.COMMUNITY_WORKER, world.gucheng_community, user=make_user(name="古城人"))

    job = run(leader, [full(**changes)], HEADING_ALL)

    assert why in reasons(job)[2]
    assert not Household.objects.exists()


def test_who_answers_is_followed_not_overwritten(world):
    leader = make_post(Role.LEADER, world.north)
    make_category("独居老人")
    worker = make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏"))
    before = make_post(Role.COMMUNITY_WORKER, world.north)
    home = make_household(world.building, unit="3", room="502")
    duty = make_duty(home, before.user)

    assert "走访责任人" in reasons(run(leader, [full()], HEADING_ALL))[2]
    run(leader, [full()], HEADING_ALL, overwrite=True)

    duty.refresh_from_db()
    assert duty.until == timezone.localdate()
    assert HouseholdDuty.objects.get(until=None).user == worker.user


def test_a_street_administrator_registers_no_care_categories(admin):
    """The same as by the form: categories belong to the community (domain §3)."""
    make_category("独居老人")
    make_post(Role.COMMUNITY_WORKER, admin.organisation, user=make_user(name="别人"))

    run(admin, [full(走访责任人="")], HEADING_ALL)

    assert Household.objects.exists()
    assert not HouseholdCare.objects.exists()


def test_nobody_else_is_named_by_a_refusal(admin, world):
    """Data that could leak: the same door, building and names in another street."""
    building = make_building(world.gucheng_community, name="77号楼")
    home = make_household(building, unit="3", room="502", note="机密")
    make_resident(home, name="周密", phone="13700137000")
    there = row(name="周密", phone="13700137000", 楼栋="77号楼", 社区="古城路社区")
    nowhere = row(name="周密", phone="13700137000", 楼栋="77号楼", 社区="没有的社区")
    no_community = row(name="周密", 楼栋="77号楼", 社区="")

    job = run(admin, [there, nowhere, no_community])

    told = reasons(job)
    assert told[2] == told[3]
    assert "名册里没有这栋楼" in told[4]
    assert Household.objects.count() == 1
    assert home.residents.count() == 1
    assert "古城" not in "".join(told.values())


def test_more_than_a_household_can_hold_is_refused(admin):
    rows = [row(name=f"王{number}", phone="") for number in range(22)]

    assert counts(run(admin, rows)) == (20, 0, 0, 2)


def test_a_title_above_the_heading_is_no_row(admin):
    rows = [list(HEADING), row()]
    job = run(admin, rows, ("八角北里社区住户名单", *[""] * 6))

    assert counts(job) == (1, 0, 0, 0)
    assert job.done == 1


def test_what_was_written_before_is_found_by_no_imported_name(admin, world):
    """As by the form; and with more names in one batch than a query holds comfortably."""
    home = make_household(world.building, unit="9", room="901")
    visit = make_visit(home, text="楼下的欧阳慧兰说水管漏水")
    index_visit(visit)

    def found(words: str) -> bool:
        rows = SearchEntry.objects.filter(kind="visit", tokens__matches=query_phrases(words))
        return rows.exists()

    assert found("慧兰")
    assert found("漏水")
    first, last = (
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
        "伟芳娜敏静秀英丽强磊军洋勇艳杰娟涛明超霞",
    )
    names = [f"赵{one}{two}" for one in first for two in last]
    run(
        admin,
        [row(str(100 + number), name, "") for number, name in enumerate([*names, "欧阳慧兰"])],
    )

    assert not found("慧兰")
    assert found("漏水")
