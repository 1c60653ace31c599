"""A 12345 export becomes grievances: each ticket once, dirty ones given back, history untold."""

import datetime as dt

import pytest

from grievances.kinds import State
from grievances.models import Event, Grievance, HotlineTicket, Raiser, Told
from portal.accounts.roles import Role
from portal.core.sheets.reading import read_table
from portal.jobs import files
from portal.search.models import SearchEntry
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import make_grievance
from tests.grievances.hotline_files import HEADING, check, run, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


def numbered(count, **told):
    return [ticket(f"YB{number:06d}", **told) for number in range(count)]


def test_a_ticket_is_a_grievance_with_the_hotlines_own_dates(world, admin):
    job = run(admin, [ticket("YB000001")])

    found = Grievance.objects.get()
    assert job.counts["new"] == 1
    assert (found.regime, found.source, found.state) == ("HOTLINE", "HOTLINE", "REGISTERED")
    assert (found.official_number, found.official_state) == ("YB000001", "处理中")
    assert found.due_at == found.official_due_at
    assert found.due_at == dt.datetime(2026, 11, 10, 10, 0, tzinfo=dt.UTC)
    assert (found.community, found.number) == (world.north, "107003-202611-0001")
    assert Raiser.objects.get().name == "王秀英"
    assert HotlineTicket.objects.get().unit == world.section
    assert HotlineTicket.objects.get().classes == "市政/照明"


def test_a_check_writes_nothing(admin):
    job = check(admin, numbered(3))
    assert job.counts["new"] == 3
    assert not Grievance.objects.exists()


def test_the_same_export_again_changes_nothing(admin):
    run(admin, numbered(5))
    again = run(admin, numbered(5))

    assert (again.counts["new"], again.counts["same"]) == (0, 5)
    assert Grievance.objects.count() == 5
    assert Event.objects.count() == 5


def test_a_later_export_brings_the_platforms_word_up_to_date(admin):
    run(admin, numbered(2))
    later = numbered(2)
    later[0] = ticket(
        "YB000000",
        工单状态="已办结",
        办理情况="灯已修好",
        答复时间="2026/11/9 9:00",
        是否满意="满意",
    )

    job = run(admin, later)

    assert (job.counts["changed"], job.counts["same"]) == (1, 1)
    found = Grievance.objects.get(official_number="YB000000")
    assert (found.official_state, found.state) == ("已办结", "REGISTERED")
    mirrored = HotlineTicket.objects.get(grievance=found)
    assert (mirrored.reply, mirrored.grade, mirrored.is_closed) == ("灯已修好", "4", True)
    assert "处理中 → 已办结" in found.events.last().words


def test_one_taken_down_by_hand_is_the_same_ticket(world, admin):
    found = make_grievance(
        world.north, post=admin, now=NOW, regime="HOTLINE", official_number="YB1000"
    )

    job = run(admin, [ticket("YB1000")])

    assert (job.counts["new"], job.counts["changed"]) == (0, 1)
    assert HotlineTicket.objects.get().grievance == found
    assert run(admin, [ticket("YB1000")]).counts["same"] == 1


def test_what_the_platform_has_closed_comes_as_history_and_tells_nobody(admin):
    run(admin, [ticket("YB1000", 工单状态="已办结", 答复时间="2026-11-09 09:00")])

    found = Grievance.objects.get()
    assert (found.state, found.due_at) == (State.FILED, None)
    assert found.ended_at == dt.datetime(2026, 11, 9, 1, 0, tzinfo=dt.UTC)
    assert not Told.objects.exists()


def test_a_messy_export(admin):
    """Two date styles, stray blanks, repeated rows, 3 % broken."""
    rows = numbered(100)
    for row in rows[::2]:
        row[1] = "2026/11/3 14:22"
    rows[10][3] = "  王 秀英 "
    rows[11][0] = " YB000011 "
    rows += [list(rows[20]), list(rows[21])]
    rows.append(ticket("YB000030", 问题描述="另一件事"))
    for broken, at in ((1, 40), (1, 41), (0, 42)):
        rows[at][broken] = "？？"

    job = run(admin, rows)

    assert (job.counts["new"], job.counts["repeated"], job.counts["bad"]) == (97, 2, 4)
    assert Grievance.objects.count() == 97
    given_back = job.files.get(role="REJECTS")
    back = list(read_table(files.opened(given_back)))
    assert [row.cells[0] for row in back] == ["行号", "42", "43", "44", "104"]
    assert "与第32行相同" in back[-1].cells[1]


def test_a_secret_ticket_is_restricted(world, admin):
    run(admin, [ticket("YB1000", 是否保密="是")])

    found = Grievance.objects.get()
    assert found.is_restricted
    assert found.number.startswith("107003F-")
    assert not SearchEntry.objects.exists()
    assert not Grievance.objects.visible_to(make_post(Role.LEADER, world.bajiao)).exists()


def test_a_ticket_of_an_unknown_street_is_given_back_to_the_district(world):
    admin = make_post(Role.DISTRICT_ADMIN, world.district)
    job = run(
        admin,
        [
            ticket("YB1000"),
            ticket("YB1001", 地址="古城街道某处", 承办单位=""),
            ticket("YB1002", 地址="河边", 承办单位="某公司"),
        ],
    )

    assert (job.counts["new"], job.counts["bad"]) == (2, 1)
    assert "街道" in job.problems.get().reason
    assert Grievance.objects.get(official_number="YB1001").street == world.gucheng


def test_another_streets_community_is_not_taken_for_ones_own(world, admin):
    run(admin, [ticket("YB1000", 地址="古城路社区3号楼")])
    assert Grievance.objects.get().community is None


def test_who_may_not_import_is_refused(client, world):
    sign_in(client, make_post(Role.CLERK, world.bajiao))
    assert client.get("/grievances/import/").status_code == 403


def test_from_the_file_to_the_desk(client, world, admin):
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 -- used once

    sign_in(client, admin)
    page = client.get("/grievances/import/")
    text = "\n".join(",".join(row) for row in [HEADING, *numbered(2)])
    sent = client.post(
        "/grievances/import/",
        {
            "client_id": str(page.context["form"].initial["client_id"]),
            "file": SimpleUploadedFile("工单.csv", text.encode()),
        },
    )
    columns = client.get(sent["Location"])
    assert "问题描述" in columns.content.decode()
    form = columns.context["form"]
    data = {line["field"].html_name: line["field"].value() for line in form.lines()}
    started = client.post(sent["Location"], data)
    assert started.status_code == 302, started.context["form"].errors


def test_the_reconciliation_lists_what_differs(client, admin, time_machine):
    sign_in(client, admin)
    run(admin, numbered(3))
    later = numbered(2)
    later[0][HEADING.index("工单状态")] = "已办结"
    time_machine.move_to(NOW + dt.timedelta(hours=1), tick=False)
    run(admin, later)

    html = client.get("/grievances/reconciliation/").content.decode()

    assert "平台已办结，本地还在办（1）" in html
    assert "本地有，最近一次导出的表里没有（1）" in html
    assert "YB000000" in html
    assert "YB000002" in html
    assert "YB000001" not in html


def test_the_reconciliation_shows_nothing_restricted(client, admin):
    sign_in(client, admin)
    run(admin, [ticket("YB777777", 是否保密="是", 工单状态="已办结")])

    html = client.get("/grievances/reconciliation/").content.decode()

    assert "YB777777" not in html
    assert "还没有导入过12345工单" in html
