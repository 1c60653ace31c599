"""The tree of topics: changed without a word of the past being lost, never broken."""

import contextlib
import csv
import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grievances.models import Topic, TopicPast
from grievances.models.topics import DEEPEST
from grievances.selectors.topics import TopicNames, resolve, topic_choices, topic_page
from grievances.services import topics as services
from grievances.services.topics import NewTopic
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.date(2026, 11, 18)
LATER = dt.date(2027, 3, 1)


@pytest.fixture
def admin(world):
    return make_post(Role.DISTRICT_ADMIN, world.district)


@pytest.fixture
def add(admin):
    def make(name: str, parent: Topic | None = None, aliases: str = "") -> Topic:
        entry = NewTopic(name=name, parent=parent.code if parent else "", aliases=aliases)
        return services.add_topic(actor=admin, entry=entry, today=DAY)

    return make


@pytest.fixture
def lamps(add):
    """市政设施 › 道路照明 › 路灯不亮."""
    return add("路灯不亮", add("道路照明", add("市政设施")))


def rows_of(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    return [dict(zip(services.COLUMNS, row, strict=True)) for row in rows]


# --- what is shipped --------------------------------------------------------------------------


def test_the_shipped_tree_is_ours_to_use_as_it_is():
    rows = services.read()

    levels = [len(row["code"]) // 2 for row in rows]
    assert [levels.count(level) for level in (1, 2, 3)] == [15, 99, 452]
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(row["code"].startswith(row["parent"]) for row in rows)
    assert max(len(row["name"]) for row in rows) <= 12


def test_loading_again_changes_nothing(world):
    first = services.load(services.read(), today=DAY)
    again = services.load(services.read(), today=LATER)

    assert first.created == Topic.objects.count() > 500
    assert again == (0, 0)
    assert AuditEvent.objects.filter(action="topic.load").count() == 1
    assert Topic.objects.get(name="路灯不亮").also_called == ["灯坏了", "街上黑"]


def test_loading_leaves_what_the_office_changed(admin):
    rows = rows_of(("01", "物业", "", ""), ("0101", "收费", "01", "物业费"))
    services.load(rows, today=DAY)
    services.rename_topic(actor=admin, code="01", name="物业管理", today=DAY)
    services.end_topic(actor=admin, code="0101", today=DAY)

    done = services.load([*rows, *rows_of(("010101", "催缴", "0101", ""))], today=LATER)

    assert done == (0, 1)  # nothing is put below what has ended
    assert Topic.objects.get(code="01").name == "物业管理"
    assert Topic.objects.get(code="0101").valid_until == DAY


def test_a_new_row_goes_where_its_parent_went(admin):
    services.load(rows_of(("01", "噪音", "", ""), ("02", "噪声", "", "")), today=DAY)
    services.merge_topic(actor=admin, code="01", into="02", today=DAY)

    services.load(rows_of(("0105", "广场舞", "01", "")), today=DAY)

    assert Topic.objects.get(code="0105").path == "02/0105/"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\n01,物业\n", "缺少列"),
        ("code,name,parent,aliases\n01,物业,,\n01,绿化,,\n", "第3行"),
        ("code,name,parent,aliases\n,物业,,\n", "第2行"),
        ("code,name,parent,aliases\n01,,,\n", "第2行要有名称"),
        ("code,name,parent,aliases\n0101,收费,01,\n", "第2行的上级"),
        (
            "code,name,parent,aliases\n1,一,,\n2,二,1,\n3,三,2,\n4,四,3,\n5,五,4,\n6,六,5,\n",
            "超过5级",
        ),
    ],
)
def test_a_file_that_is_no_tree_is_refused(tmp_path, text, words):
    path = tmp_path / "topics.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DomainError, match=words):
        services.read(path)
    with pytest.raises(CommandError, match=words):
        call_command("load_topics", str(path))


def test_the_command_says_what_it_did(capsys):
    call_command("load_topics")
    call_command("load_topics")

    assert capsys.readouterr().out.splitlines()[-1] == "topics: 0 new, 0 left out"


# --- changes ----------------------------------------------------------------------------------


def test_codes_follow_the_tree_and_stay(admin, lamps, add):
    assert (lamps.code, lamps.path, lamps.level) == ("010101", "01/0101/010101/", 3)
    other = add("公园")

    services.move_topic(actor=admin, code="0101", parent=other.code, today=LATER)

    moved = Topic.objects.get(name="路灯不亮")
    assert (moved.code, moved.path, moved.level) == ("010101", "02/0101/010101/", 3)


def test_a_topic_reads_under_the_name_and_place_of_its_day(admin, lamps, add):
    parks = add("公园绿地")
    services.rename_topic(actor=admin, code="0101", name="照明", today=LATER)
    services.move_topic(
        actor=admin, code="0101", parent=parks.code, today=LATER + dt.timedelta(days=9)
    )
    services.rename_topic(
        actor=admin, code=lamps.code, name="灯不亮", today=LATER + dt.timedelta(days=9)
    )

    names, lamps = TopicNames(), Topic.objects.get(pk=lamps.pk)

    assert names.full(lamps, DAY) == "市政设施 › 道路照明 › 路灯不亮"
    assert names.full(lamps, LATER - dt.timedelta(days=1)) == "市政设施 › 道路照明 › 路灯不亮"
    assert names.full(lamps, LATER) == "市政设施 › 照明 › 路灯不亮"
    assert names.full(lamps, LATER + dt.timedelta(days=9)) == "公园绿地 › 照明 › 灯不亮"
    assert names.full(lamps) == "公园绿地 › 照明 › 灯不亮"


def test_a_merged_topic_leads_to_the_one_that_took_over_and_stays_what_it_was(admin, lamps, add):
    dark = add("街上黑", lamps.parent)
    third = add("照明故障", lamps.parent)

    services.merge_topic(actor=admin, code=dark.code, into=lamps.code, today=LATER)
    services.merge_topic(actor=admin, code=lamps.code, into=third.code, today=LATER)

    dark = Topic.objects.get(pk=dark.pk)
    assert (dark.name, dark.valid_until) == ("街上黑", LATER)
    assert resolve(dark.code) == third == TopicNames().kept(dark.code)
    assert resolve("99") is None
    assert third.code in dict(topic_choices(today=LATER))
    assert dark.code not in dict(topic_choices(today=LATER))
    assert topic_page(lamps, today=LATER).took_over == ("街上黑",)


def test_aliases_are_one_a_line_each_once(admin, lamps):
    topic = services.set_aliases(
        actor=admin, code=lamps.code, aliases=" 灯坏了 \n\n街上 黑\n灯坏了\n", today=DAY
    )

    assert topic.also_called == ["灯坏了", "街上 黑"]


def test_what_is_refused_is_said_at_its_field(admin, lamps, add):
    middle, top = lamps.parent, lamps.parent.parent
    add("路灯太亮", middle)

    def refused(field, call, **told):
        with pytest.raises(DomainError) as caught:
            call(actor=admin, today=DAY, **told)
        assert caught.value.field == field

    refused("name", services.rename_topic, code=lamps.code, name="路灯太亮")
    refused("name", services.rename_topic, code=lamps.code, name="  ")
    refused("name", services.add_topic, entry=NewTopic(name="路灯不亮", parent=middle.code))
    refused("name", services.add_topic, entry=NewTopic(name="市政设施"))
    refused("parent", services.add_topic, entry=NewTopic(name="灯", parent="9999"))
    refused("aliases", services.set_aliases, code=lamps.code, aliases="长" * 21)
    refused("parent", services.move_topic, code=top.code, parent=lamps.code)
    refused("parent", services.move_topic, code=lamps.code, parent=middle.code)
    refused("into", services.merge_topic, code=lamps.code, into=lamps.code)
    refused("into", services.merge_topic, code=top.code, into=lamps.code)
    refused("into", services.merge_topic, code=lamps.code, into="")
    refused(None, services.end_topic, code=middle.code)
    services.end_topic(actor=admin, code=lamps.code, today=DAY)
    refused(None, services.rename_topic, code=lamps.code, name="灯")
    assert not TopicPast.objects.exists()


def test_no_branch_grows_deeper_than_five(admin, add):
    deepest = None
    for level in range(1, DEEPEST + 1):
        deepest = add(f"第{level}级", deepest)
    pair = add("乙", add("甲"))
    fourth = Topic.objects.get(level=DEEPEST - 1)

    with pytest.raises(DomainError, match="最多5级"):
        add("第6级", deepest)
    with pytest.raises(DomainError, match="最多5级"):
        services.move_topic(actor=admin, code=pair.parent.code, parent=fourth.code, today=DAY)


def test_what_has_ended_frees_its_name(admin, lamps, add):
    services.end_topic(actor=admin, code=lamps.code, today=DAY)

    assert add("路灯不亮", lamps.parent).code == "010102"


def test_only_the_administrator_of_the_district_changes_it(world, lamps):
    for role, place in ((Role.STREET_ADMIN, world.bajiao), (Role.CLERK, world.bajiao)):
        post = make_post(role, place)
        with pytest.raises(PermissionDenied):
            services.rename_topic(actor=post, code=lamps.code, name="灯", today=DAY)
        with pytest.raises(PermissionDenied):
            services.add_topic(actor=post, entry=NewTopic(name="灯"), today=DAY)


def test_every_change_leaves_its_line_in_the_trail(admin, lamps, add):
    other = add("绿化")
    services.rename_topic(actor=admin, code=lamps.code, name="灯灭", today=DAY)
    services.set_aliases(actor=admin, code=lamps.code, aliases="黑", today=DAY)
    services.move_topic(actor=admin, code=lamps.code, parent="", today=DAY)
    services.merge_topic(actor=admin, code=lamps.code, into=other.code, today=DAY)
    services.end_topic(actor=admin, code=other.code, today=DAY)

    rows = AuditEvent.objects.filter(action__startswith="topic.").order_by("pk")
    assert [row.action for row in rows] == [
        *["topic.add"] * 4,
        "topic.rename",
        "topic.alias",
        "topic.move",
        "topic.merge",
        "topic.end",
    ]
    assert {row.object_kind for row in rows} == {"grievances.topic"}


@pytest.mark.parametrize(
    "changes",
    [
        {"level": 6},
        {"level": 1},
        {"parent": None},
        {"name": ""},
        {"valid_until": DAY - dt.timedelta(days=1)},
        {"merged_into_id": 1},
        {"path": "01/"},
        {"code": "01"},
    ],
)
def test_the_database_refuses_what_must_never_be(lamps, changes):
    if "merged_into_id" in changes:
        changes = {"merged_into_id": lamps.parent_id}
    with pytest.raises(IntegrityError), transaction.atomic():
        Topic.objects.filter(pk=lamps.pk).update(**changes)


# --- whatever is done -------------------------------------------------------------------------

_STEP = st.tuples(
    st.sampled_from(["add", "rename", "move", "merge", "end"]),
    st.integers(0, 9),
    st.integers(0, 9),
)


def assert_whole(today: dt.date) -> None:
    """Each path is that of the one above and the own code; codes lead to something in force."""
    for topic in Topic.objects.select_related("parent"):
        above = topic.parent.path if topic.parent else ""
        assert topic.path == f"{above}{topic.code}/"
        assert topic.level == topic.path.count("/") <= DEEPEST
        if topic.in_force(today) and topic.parent:
            assert topic.parent.in_force(today)
        assert resolve(topic.code).merged_into is None


def change(admin, number: int, step: tuple[str, int, int], today: dt.date) -> None:
    """One change of some topic; what is forbidden is said in words and changes nothing."""
    what, one, other = step
    codes = ["", *Topic.objects.order_by("pk").values_list("code", flat=True)]
    first, second = codes[one % len(codes)], codes[other % len(codes)]
    told = {"actor": admin, "today": today}
    calls = {
        "add": lambda: services.add_topic(entry=NewTopic(name=f"类{number}", parent=first), **told),
        "rename": lambda: services.rename_topic(code=first, name=f"名{number}", **told),
        "move": lambda: services.move_topic(code=first, parent=second, **told),
        "merge": lambda: services.merge_topic(code=first, into=second, **told),
        "end": lambda: services.end_topic(code=first, **told),
    }
    with contextlib.suppress(DomainError, Topic.DoesNotExist):
        calls[what]()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=25))
def test_no_row_of_changes_breaks_the_tree_or_the_past(admin, steps):
    """A tree stays a tree, and what was read yesterday is read of yesterday tomorrow."""
    with transaction.atomic():
        today = DAY
        read: dict[tuple[str, dt.date], str] = {}
        for number, step in enumerate(steps):
            change(admin, number, step, today)
            assert_whole(today)
            names = TopicNames()
            assert read == {(code, day): names.full(names.topics[code], day) for code, day in read}
            read |= {(code, today): names.full(one, today) for code, one in names.topics.items()}
            today += dt.timedelta(days=1)
        transaction.set_rollback(True)


def test_the_shipped_file_has_one_line_per_topic():
    with services.SHIPPED.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == list(services.COLUMNS)
