"""The division import: idempotent, nothing deleted, nothing half done."""

import datetime as dt
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.divisions import DivisionRow, national_short, package_rows, read_csv
from portal.accounts.models import Organisation, OrganisationKind
from portal.accounts.services.divisions import import_divisions
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.date(2026, 1, 5)
NEXT = dt.date(2026, 2, 1)
CITY = "1101"


def row(code, name="", parent=None):
    above = {6: CITY, 9: code[:6], 12: code[:9]}[len(code)]
    return DivisionRow(code, name or f"名{code}", above if parent is None else parent, line=7)


TREE = [
    row("110107"),
    row("110107003", "八角街道"),
    row("110107004", "古城街道"),
    row("110107003015", "八角北里社区"),
    row("110107003016", "八角南里社区"),
    row("110107004001", "古城路社区"),
]


def run(rows, *, under="110107", on=DAY):
    return import_divisions(rows=rows, under=under, on=on)


def unit(code):
    return Organisation.objects.get(code=code)


@pytest.mark.parametrize(
    ("district", "name", "streets", "communities"),
    [("110107", "石景山区", 9, 153), ("310113", "宝山区", 13, 567)],
)
def test_the_package_gives_the_two_districts_of_the_demo(district, name, streets, communities):
    result = run(package_rows(district), under=district)

    kinds = Counter(Organisation.objects.values_list("kind", flat=True))
    assert kinds == {"DISTRICT": 1, "STREET": streets, "COMMUNITY": communities}
    assert unit(district).name == name
    assert len(result.created) == 1 + streets + communities
    assert AuditEvent.objects.filter(action="organisation.create").count() == len(result.created)


def test_units_know_their_place():
    run(TREE)

    community = unit("110107003015")
    assert community.path == "110107/110107003/110107003015/"
    assert community.parent == unit("110107003")
    assert community.scope_ids() == (unit("110107").pk, unit("110107003").pk, community.pk)
    assert unit("110107").scope_ids() == (unit("110107").pk, None, None)


def test_doing_it_again_changes_nothing():
    run(TREE)
    before = list(Organisation.objects.values())

    again = run(TREE, on=NEXT)

    assert list(Organisation.objects.values()) == before
    assert again.unchanged == len(TREE)
    assert [again.created, again.renamed, again.ended, again.reopened, again.moved] == [[]] * 5


def test_a_new_name_keeps_the_former_one():
    run(TREE)

    result = run(
        [row("110107003", "新八角街道") if r.code == "110107003" else r for r in TREE], on=NEXT
    )

    assert result.renamed == ["110107003"]
    assert unit("110107003").name == "新八角街道"
    assert list(unit("110107003").former_names.values_list("name", "until")) == [("八角街道", NEXT)]


def test_a_vanished_unit_is_ended_and_listed_not_deleted():
    run(TREE)

    result = run([r for r in TREE if r.code != "110107003016"], on=NEXT)

    gone = unit("110107003016")
    assert result.ended == ["110107003016"]
    assert gone.valid_until == NEXT
    assert gone not in Organisation.objects.in_force(NEXT)
    assert gone in Organisation.objects.in_force(NEXT - dt.timedelta(days=1))
    assert run([r for r in TREE if r.code != "110107003016"], on=NEXT).ended == []


def test_a_unit_that_comes_back_is_opened_again():
    run(TREE)
    run([r for r in TREE if r.code != "110107003016"], on=NEXT)

    result = run(TREE, on=NEXT)

    assert result.reopened == ["110107003016"]
    assert unit("110107003016").valid_until is None
    assert result.created == []


def test_a_unit_made_and_lost_on_one_day_lasted_a_day():
    run(TREE)

    run([r for r in TREE if r.code != "110107003016"], on=DAY)

    assert unit("110107003016").valid_until == DAY + dt.timedelta(days=1)
    assert run([r for r in TREE if r.code != "110107003016"], on=DAY).ended == []


def test_own_units_inside_an_ended_community_are_named_and_left_alone():
    run(TREE)
    building = make_organisation(
        OrganisationKind.BUILDING, parent=unit("110107003016"), code="110107003016B001"
    )

    result = run([r for r in TREE if r.code != "110107003016"], on=NEXT)

    assert result.stranded == ["110107003016B001"]
    building.refresh_from_db()
    assert building.valid_until is None


def test_a_moved_community_takes_along_what_lies_in_it():
    run(TREE)
    grid = make_organisation(
        OrganisationKind.GRID, parent=unit("110107003015"), code="110107003015G01"
    )
    building = make_organisation(OrganisationKind.BUILDING, parent=grid, code="110107003015B001")

    result = run(
        [row(r.code, r.name, "110107004") if r.code == "110107003015" else r for r in TREE],
        on=NEXT,
    )

    assert result.moved == ["110107003015"]
    building.refresh_from_db()
    assert building.path == "110107/110107004/110107003015/110107003015G01/110107003015B001/"
    assert building.street == unit("110107004")
    assert building.community == unit("110107003015")


def test_a_move_and_a_new_unit_below_it_in_one_list():
    run([*TREE, row("110107005", "鲁谷街道")])
    rows = [row(r.code, r.name, "110107005") if r.code == "110107004001" else r for r in TREE]

    run([*rows, row("110107005", "鲁谷街道"), row("110107005002", "新社区")], on=NEXT)

    assert unit("110107004001").path == "110107/110107005/110107004001/"
    assert unit("110107005002").path == "110107/110107005/110107005002/"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (DivisionRow("11010", "短", CITY, 9), "6 位"),
        (DivisionRow("１１０１０７", "全角", CITY, 9), "6 位"),
        (row("110107003017", " "), "名称"),
        (row("110107003017", "长" * 81), "名称"),
        (row("110107003017", "重复"), ""),
        (row("110107003017", "孤儿", "110107999"), "上级 110107999"),
        (row("110107003017", "跨级", "110107"), "上级 110107"),
    ],
)
def test_one_bad_row_refuses_the_list_and_says_why(bad, reason):
    rows = [*TREE, bad, bad] if not reason else [*TREE, bad]
    rows = [DivisionRow(r.code, r.name.strip(), r.parent, r.line) for r in rows]

    result = import_divisions(rows=rows, under=None, on=DAY)

    assert (result.refused[0].code, result.refused[0].line) == (bad.code, bad.line)
    assert reason in result.refused[0].reason
    assert not Organisation.objects.exists()


def test_a_community_whose_street_is_not_on_the_list_is_refused():
    run(TREE)

    result = run([r for r in TREE if r.code != "110107003"], on=NEXT)

    assert {r.code for r in result.refused} == {"110107003015", "110107003016"}
    assert unit("110107003").valid_until is None


def test_an_empty_list_ends_nothing():
    run(TREE)

    with pytest.raises(DomainError):
        run([])
    with pytest.raises(DomainError):
        run([row("310113")])

    assert not Organisation.objects.filter(valid_until__isnull=False).exists()


def test_a_list_of_one_district_leaves_the_other_alone():
    run(TREE)
    run([row("310113"), row("310113003")], under="310113")

    run([row("310113"), row("310113007")], under=None, on=NEXT)

    assert unit("310113003").valid_until == NEXT
    assert unit("110107003").valid_until is None


def test_a_name_may_occur_twice():
    run([*TREE, row("110107004002", "八角北里社区")])

    assert Organisation.objects.filter(name="八角北里社区").count() == 2


CODES = st.sets(st.sampled_from(["110107003", "110107004", "110107005"]), min_size=1)


@given(lists=st.lists(CODES, min_size=1, max_size=4), names=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_series_of_lists_the_tree_in_force_is_the_last_list(lists, names):
    with transaction.atomic():
        ever, days = set(), [DAY + dt.timedelta(days=2 * n) for n in range(len(lists))]
        for day, codes in zip(days, lists, strict=True):
            rows = [row("110107"), *(row(code) for code in codes)]
            rows += [row(f"{code}001", names.draw(st.sampled_from("甲乙丙"))) for code in codes]
            run(rows, on=day)
            ever |= {r.code for r in rows}

        units = Organisation.objects.in_force(days[-1] + dt.timedelta(days=1))
        in_force = {(u.code, u.name, u.parent.code if u.parent else CITY)
                    for u in units.select_related("parent")}  # fmt: skip
        assert in_force == {(r.code, r.name, r.parent) for r in rows}
        assert set(Organisation.objects.values_list("code", flat=True)) == ever
        transaction.set_rollback(True)


def test_long_national_codes_are_shortened():
    assert national_short(" 110107000000") == "110107"
    assert national_short("110107003000") == "110107003"
    assert national_short("110107003015") == "110107003015"
    assert national_short("110107003015G01") == "110107003015G01"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_from_a_spreadsheet_is_read(tmp_path, encoding):
    file = tmp_path / "list.csv"
    file.write_text(
        "parent,code,name\n1101,110107000000, 石景山区 \n\n110107,110107003,八角街道\n", encoding
    )

    assert [(r.code, r.name, r.parent) for r in read_csv(file)] == [
        ("110107", "石景山区", "1101"),
        ("110107003", "八角街道", "110107"),
    ]


def test_a_file_without_the_columns_is_refused(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("代码,名称\n110107,石景山区\n")

    with pytest.raises(DomainError, match="code"):
        read_csv(file)


def test_the_command_reads_a_file_tries_and_does(tmp_path, capsys):
    file = tmp_path / "list.csv"
    file.write_text("code,name,parent\n110107,石景山区,1101\n110107003,八角街道,110107\n")

    call_command("import_divisions", str(file), "--dry-run")
    assert not Organisation.objects.exists()

    call_command("import_divisions", str(file), "--on", "2026-01-05")
    assert unit("110107003").valid_from == DAY
    assert "新建 2" in capsys.readouterr().out


def test_the_command_names_the_bad_lines(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("code,name,parent\n110107,石景山区,1101\n1101,八角街道,110107\n")

    with pytest.raises(CommandError, match="第 3 行 1101"):
        call_command("import_divisions", str(file))
    with pytest.raises(CommandError, match="--under"):
        call_command("import_divisions")
