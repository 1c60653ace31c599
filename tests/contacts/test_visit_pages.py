"""The log and the page of a visit: who sees what, masked how, counted how, found how."""

import datetime as dt
import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from contacts import ports
from contacts.models import Household, Matter, Visit
from contacts.selectors.visits import about
from contacts.services.visit_entries import MatterEntry, VisitEntry
from contacts.services.visits import complete_next_step, log_visit, void_visit
from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.core.periods import Month, Week
from tests.factories.accounts import make_post, make_user, make_world, sign_in
from tests.factories.contacts import (
    make_building,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)

pytestmark = pytest.mark.django_db

LIST = "/contacts/visits/"
DAY = dt.timedelta(days=1)
NAME, PHONE = "陈玉兰", "13912345678"
WORDS = f"{NAME}说楼道漏水，电话{PHONE}"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world) -> Post:
    return make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏"))


@pytest.fixture
def home(world, worker) -> Household:
    household = make_household(world.building, worker=worker.user, unit="2", room="301")
    make_resident(household, name=NAME, phone=PHONE)
    return household


def log(post: Post, household: Household, *, days_ago: int = 0, **changes: object) -> Visit:
    now = timezone.now()
    told = {
        "client_id": uuid.uuid4(),
        "household_id": household.pk,
        "occurred_at": now - days_ago * DAY,
        "channel": "DOOR",
        "result": "MET",
        **changes,
    }
    return log_visit(actor=post, entry=VisitEntry(**told), now=now)


@pytest.fixture
def visit(worker, home) -> Visit:
    matter = MatterEntry(text=f"{NAME}反映水管漏水", outcome="EXPLAINED")
    return log(
        worker,
        home,
        text=WORDS,
        matters=(matter,),
        next_step=f"给{NAME}回话",
        promise=f"替{NAME}问物业",
        promise_due=timezone.localdate() + DAY,
        met_other=f"{NAME}的女儿",
        met=(home.residents.get().pk,),
    )


def read(post: Post, url: str, query: dict[str, object] | None = None) -> tuple[int, str]:
    client = Client()
    sign_in(client, post)
    answer = client.get(url, query or {})
    return answer.status_code, answer.content.decode()


def listed(post: Post, **query: object) -> list[Visit]:
    client = Client()
    sign_in(client, post)
    return [Visit.objects.get(pk=row.pk) for row in client.get(LIST, query).context["rows"]]


def count_text(post: Post, **query: object) -> str:
    client = Client()
    sign_in(client, post)
    return client.get(LIST, query).context["page"].count_text


# --- scope ----------------------------------------------------------------------------------


def outsiders(world) -> list[Post]:
    """People with an acting post who may not read the visit, each for a reason of their own."""
    south = make_post(Role.COMMUNITY_WORKER, world.south)
    return [
        make_post(Role.COMMUNITY_WORKER, world.north),  # a second worker of the same community
        south,
        make_post(Role.COMMUNITY_WORKER, world.gucheng_community),
        make_post(Role.OFFICER, world.section),
        make_post(Role.DELEGATE, world.bajiao),
        make_post(Role.CLERK, world.bajiao),
        make_post(Role.HANDLER, world.section),
        make_post(Role.LEADER, world.gucheng),
        make_post(Role.STREET_ADMIN, world.gucheng),
        make_post(Role.LEADER, world.south),
        make_post(Role.DISTRICT_LEADER, world.other_district),
        make_post(Role.INSPECTOR, world.district),
        make_post(Role.SYSTEM_ADMIN, world.district),
        make_post(Role.SECURITY_ADMIN, world.district),
        make_post(Role.AUDITOR, world.district),
    ]


def test_outside_the_scope_a_visit_is_nowhere(world, visit):
    for post in outsiders(world):
        status, page = read(post, visit.get_absolute_url())
        assert status in {403, 404}, post.role
        for url, query in ((LIST, {}), (LIST, {"q": "漏水"}), ("/search/", {"q": "漏水"})):
            page += read(post, url, query)[1]
        for leak in (NAME, PHONE, "楼道漏水", "水管", str(visit.client_id), "301室"):
            assert leak not in page, (post.role, leak)
        if post.role not in {"INSPECTOR", "SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDITOR", "HANDLER"}:
            assert listed(post) == [], post.role


def test_who_may_read_it_reads_it_everywhere_the_same(world, worker, visit):
    companion = make_post(Role.OFFICER, world.section)
    visit.people.create(
        user=companion.user, post=companion, occurred_on=visit.occurred_on, street=world.bajiao
    )
    readers = [
        worker,
        companion,
        make_post(Role.LEADER, world.bajiao),
        make_post(Role.STREET_ADMIN, world.bajiao),
        make_post(Role.LEADER, world.north),
        make_post(Role.DISTRICT_LEADER, world.district),
        make_post(Role.DISTRICT_ADMIN, world.district),
    ]
    for post in readers:
        assert read(post, visit.get_absolute_url())[0] == 200, post.role
        assert listed(post) == [visit], post.role
        assert listed(post, q="漏水") == [visit], post.role
        assert count_text(post) == "共 1 条", post.role


def test_what_one_wrote_is_gone_with_the_post(world, worker, visit):
    new_post = make_post(Role.COMMUNITY_WORKER, world.gucheng_community, user=worker.user)

    assert listed(new_post) == []
    assert read(new_post, visit.get_absolute_url())[0] == 404


def test_the_next_responsible_worker_reads_what_was_before(world, home, visit):
    successor = make_post(Role.COMMUNITY_WORKER, world.north)
    home.duties.update(until=timezone.localdate())
    make_duty(home, successor.user)

    status, page = read(successor, visit.get_absolute_url())

    assert status == 200
    assert WORDS in page


# --- masking --------------------------------------------------------------------------------


def test_free_text_names_and_numbers_are_masked_for_who_sees_no_full_household(world, visit):
    for post in (
        make_post(Role.LEADER, world.bajiao),
        make_post(Role.STREET_ADMIN, world.bajiao),
        make_post(Role.DISTRICT_LEADER, world.district),
    ):
        pages = [
            read(post, visit.get_absolute_url())[1],
            read(post, LIST)[1],
            read(post, LIST, {"q": "漏水"})[1],
        ]
        for page in pages:
            assert "漏水" in page
            assert not any(leak in page for leak in (NAME, "玉兰", PHONE, "301室")), post.role
        assert "姓名和号码已部分遮盖" in pages[0]


def test_the_author_reads_the_own_words_even_without_the_household(worker, home, visit):
    home.duties.update(until=timezone.localdate())

    status, page = read(worker, visit.get_absolute_url())

    assert status == 200
    assert WORDS in page
    assert "301室" not in page
    assert f">{NAME}、" not in page


def test_a_stated_reason_opens_the_visits_of_a_household(world, home, visit):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    make_reveal(home, colleague, at=timezone.now())

    status, page = read(colleague, visit.get_absolute_url())

    assert status == 200
    assert WORDS in page
    assert "作废</a>" not in page


def test_old_words_of_an_amendment_are_masked_too(world, worker, visit):
    visit.amendments.create(
        at=timezone.now(), by=worker.user, reason=f"{NAME}更正", before={"情况": WORDS}
    )

    page = read(make_post(Role.LEADER, world.bajiao), visit.get_absolute_url())[1]

    assert "原情况" in page
    assert not any(leak in page for leak in (NAME, PHONE))


# --- the page -------------------------------------------------------------------------------


def test_the_page_says_when_it_happened_and_when_it_was_written(worker, home):
    late = log(worker, home, days_ago=3)
    prompt = log(worker, home)

    assert ">补记</span>" in read(worker, late.get_absolute_url())[1]
    assert ">补记</span>" not in read(worker, prompt.get_absolute_url())[1]


def test_the_page_offers_what_the_reader_may_do(world, worker, home, visit):
    def offers(post: Post, one: Visit = visit) -> set[str]:
        page = read(post, one.get_absolute_url())[1]
        return {word for word in ("edit/", "void/", "next-step/", "/kept/") if word in page}

    old = log(worker, home)
    long_ago = timezone.now() - 8 * DAY
    Visit.objects.filter(pk=old.pk).update(occurred_at=long_ago, recorded_at=long_ago)

    assert offers(worker) == {"edit/", "void/", "next-step/", "/kept/"}
    assert offers(make_post(Role.LEADER, world.bajiao)) == set()
    assert offers(make_post(Role.STREET_ADMIN, world.bajiao)) == {"void/"}
    assert "更正</a>" in read(worker, old.get_absolute_url())[1]
    void_visit(actor=worker, visit_id=visit.pk, reason="误点", now=timezone.now())
    assert offers(worker) == set()


def test_the_page_lists_what_the_visit_was_counted_for(worker, visit, monkeypatch):
    def count(*, visit, post):
        return [ports.VisitCredit("十个一：每季度走访困难家庭", "/checklists/1/")]

    assert "已计入" not in read(worker, visit.get_absolute_url())[1]
    monkeypatch.setattr(ports.visit_credits, "_bound", count)

    page = read(worker, visit.get_absolute_url())[1]
    assert "本次已计入" in page
    assert 'href="/checklists/1/"' in page


def test_voiding_over_http(world, worker, visit):
    client = Client()
    sign_in(client, worker)
    url = f"{visit.get_absolute_url()}void/"

    assert client.get(url).status_code == 200
    assert client.post(url, {}).context["form"].errors.as_data()["usual"][0].code == "required"
    blank = client.post(url, {"usual": "other"})
    assert blank.context["form"].errors.as_data()["other"][0].code == "required"
    answer = client.post(url, {"usual": "误点，没有走访"})

    visit.refresh_from_db()
    assert visit.void_reason == "误点，没有走访"
    page = client.get(answer["Location"]).content.decode()
    assert "已作废，不计入任何数字" in page
    assert "李敏" in page
    assert client.get(url)["Location"] == visit.get_absolute_url()
    assert client.get(f"{visit.get_absolute_url()}edit/")["Location"] == visit.get_absolute_url()
    leader = Client()
    sign_in(leader, make_post(Role.LEADER, world.bajiao))
    other = log(worker, Household.objects.get())
    assert leader.get(f"{other.get_absolute_url()}void/").status_code == 403
    assert (
        leader.post(f"{other.get_absolute_url()}void/", {"usual": "误点，没有走访"}).status_code
        == 403
    )


def test_plans_and_promises_over_http(world, worker, visit):
    client = Client()
    sign_in(client, worker)
    promise = visit.promises.get()

    step = client.post(f"{visit.get_absolute_url()}next-step/", {"next": "/"})
    kept = client.post(f"/contacts/promises/{promise.pk}/kept/")

    visit.refresh_from_db()
    promise.refresh_from_db()
    assert (step["Location"], kept["Location"]) == ("/", visit.get_absolute_url())
    assert visit.next_step_done_at
    assert promise.kept_by == worker.user
    assert client.get(f"{visit.get_absolute_url()}next-step/").status_code == 405
    assert client.post("/contacts/promises/999999/kept/").status_code == 404
    stranger = Client()
    sign_in(stranger, make_post(Role.COMMUNITY_WORKER, world.gucheng_community))
    assert stranger.post(f"{visit.get_absolute_url()}next-step/").status_code == 404
    assert stranger.post(f"/contacts/promises/{promise.pk}/kept/").status_code == 404


def test_a_visit_asks_what_had_been_planned_for_its_door(world, worker, visit):
    """Only of who answers for the plan, only what is due, and not once it is answered."""
    visit.next_step_on = timezone.localdate()
    visit.save()
    later = log(worker, visit.household)
    leader = make_post(Role.LEADER, world.bajiao)

    def asked(post):
        client = Client()
        sign_in(client, post)
        return [one.text for one in client.get(later.get_absolute_url()).context["page"].asked]

    assert asked(worker) == [visit.next_step]
    assert asked(leader) == []
    complete_next_step(actor=worker, visit_id=visit.pk, now=timezone.now())
    assert asked(worker) == []


def test_a_visit_asks_for_the_promises_given_at_its_door(worker, visit):
    promise = visit.promises.get()
    promise.due_on = timezone.localdate() + 3 * DAY
    promise.save()
    later = log(worker, visit.household)
    client = Client()
    sign_in(client, worker)
    asked = client.get(later.get_absolute_url()).text
    kept = f"/contacts/promises/{promise.pk}/kept/"

    assert "兑现了吗" in asked
    assert f'action="{kept}"' in asked
    answer = client.post(kept, {"next": later.get_absolute_url()})

    assert answer["Location"] == later.get_absolute_url()
    assert "兑现了吗" not in client.get(later.get_absolute_url()).text


# --- the list -------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_shows_the_voided_with_a_word(worker, home):
    old, new = log(worker, home, days_ago=2), log(worker, home)
    void_visit(actor=worker, visit_id=old.pk, reason="误点", now=timezone.now())

    assert listed(worker) == [new, old]
    assert listed(worker, state="valid") == [new]
    assert listed(worker, state="voided") == [old]
    assert ">作废</span>" in read(worker, LIST)[1]


def test_each_filter_narrows_and_stands_in_the_address(world, worker, home):
    call = log(worker, home, channel="PHONE")
    absent = log(worker, home, result="NOT_HOME", days_ago=1)
    matter = MatterEntry(text="漏水", outcome="SOLVED")
    raised = log(worker, home, matters=(matter,), days_ago=2)
    sketch = log(worker, home, to_complete=True, days_ago=3)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    by_other = log(colleague, home, days_ago=4)

    assert listed(worker, channel="PHONE") == [call]
    assert listed(worker, result="NOT_HOME") == [absent]
    assert listed(worker, matter="any") == listed(worker, matter="SOLVED") == [raised]
    assert listed(worker, matter="ESCALATED") == []
    assert listed(worker, state="to_complete") == [sketch]
    assert by_other in listed(worker)
    assert by_other not in listed(worker, who="me")
    assert listed(worker, q="漏水") == [raised]
    assert listed(worker, q="，。") == []
    assert listed(worker, q="漏水", channel="PHONE") == []


def test_a_visit_without_a_household_is_called_by_its_place(worker, home):
    one = log(worker, home, text="看了停车")
    Visit.objects.filter(pk=one.pk).update(
        kind="FIELD", channel="SITE", place="居委会", household=None
    )

    _, listed_page = read(worker, LIST)
    _, page = read(worker, one.get_absolute_url())

    name = f"下访 · {worker.organisation.name}"
    assert f">{name}</a>" in listed_page
    assert f"<h1>{name}</h1>" in re.sub(r"<h1[^>]*>", "<h1>", page)


def test_a_matter_that_waits_has_one_name_everywhere(worker, home, without_a_desk):
    one = log(worker, home, matters=(MatterEntry(text="漏水", outcome="ESCALATED"),))

    for url in (LIST, one.get_absolute_url(), home.get_absolute_url()):
        _, page = read(worker, url)
        assert f'<span class="tag">{Matter.WAITING_LABEL}</span>' in page, url


def test_a_matter_that_became_a_grievance_is_called_by_its_number_and_leads_there(worker, home):
    one = log(worker, home, matters=(MatterEntry(text="漏水", outcome="ESCALATED"),))
    number = one.matters.get().grievance_number

    for url in (one.get_absolute_url(), home.get_absolute_url()):
        _, page = read(worker, url)
        assert f"诉求 {number}" in page, url
        assert Matter.WAITING_LABEL not in page
    assert f'href="/grievances/{number}/"' in read(worker, one.get_absolute_url())[1]


def test_a_visit_whose_matter_is_a_grievance_is_not_voided_before_it(worker, home):
    one = log(worker, home, matters=(MatterEntry(text="漏水", outcome="ESCALATED"),))
    client = Client()
    sign_in(client, worker)

    answer = client.post(f"{one.get_absolute_url()}void/", {"usual": "误点，没有走访"})

    assert one.matters.get().grievance_number in answer.content.decode()
    one.refresh_from_db()
    assert not one.is_voided


def test_periods_are_whole_days_and_weeks_of_shanghai(worker, home):
    monday = dt.datetime(2026, 11, 15, 16, 0, tzinfo=dt.UTC)  # Monday 16 November, 00:00 there
    first = make_visit(home, post=worker, occurred_at=monday)
    before = make_visit(home, post=worker, occurred_at=monday - dt.timedelta(seconds=1))

    assert listed(worker, week="2026-W47") == [first]
    assert listed(worker, week="2026-W46") == [before]
    assert listed(worker, month="2026-11") == [first, before]
    assert listed(worker, since="2026-11-16", until="2026-11-16") == [first]
    assert listed(worker, until="2026-11-15") == [before]


def test_the_head_says_how_many_of_what_scope_and_period(world, worker, home, visit):
    week = str(Week.of(timezone.localdate()))

    page = read(make_post(Role.LEADER, world.bajiao), LIST, {"week": week})[1]

    assert "八角街道" in page
    assert Week.of(timezone.localdate()).label in page
    mine = read(worker, LIST, {"month": str(Month.of(timezone.localdate()))})[1]
    assert "我参加的，和我负责的住户的" in mine


@pytest.mark.parametrize(
    "bad",
    [
        {"week": "2026-W54"},
        {"month": "2026-13"},
        {"since": "2026-11-16", "until": "2026-11-15"},
        {"result": "SEEN"},
        {"since": "x"},
    ],
)
def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(worker, visit, bad):
    assert listed(worker, **bad) == []
    assert "筛选条件无法识别" in read(worker, LIST, bad)[1]


def test_a_leader_filters_by_community_inside_the_own_street_only(world, visit):
    leader = make_post(Role.LEADER, world.bajiao)

    assert listed(leader, community=world.north.pk) == [visit]
    assert listed(leader, community=world.south.pk) == []
    assert listed(leader, community=world.gucheng_community.pk) == []


def test_a_district_filters_street_by_street(world, visit):
    leader = make_post(Role.DISTRICT_LEADER, world.district)

    assert listed(leader, street=world.bajiao.pk) == [visit]
    assert listed(leader, street=world.gucheng.pk) == []
    assert listed(leader, community=world.north.pk) == [visit]
    assert listed(leader, community=visit.district_id) == []
    whole, narrowed = (
        read(leader, LIST, asked)[1] for asked in ({}, {"street": str(world.bajiao.pk)})
    )
    assert 'name="community"' not in whole
    assert world.north.name in narrowed
    assert 'name="community"' in narrowed


def test_pages_follow_by_key_without_gaps(world, worker, home):
    leader = make_post(Role.LEADER, world.bajiao)
    same_moment = timezone.now() - DAY
    made = {make_visit(home, post=worker, occurred_at=same_moment).pk for _ in range(25)}
    client = Client()
    sign_in(client, leader)

    first = client.get(LIST).context["page"]
    second = client.get(LIST, {"cursor": first.next_cursor}).context["page"]

    assert (len(first), len(second)) == (20, 5)
    assert {*first, *second} == made
    assert first.count_text == "共 25 条"


def test_the_list_is_flat_for_who_sees_masked_rows(client, world, worker, assert_flat):
    sign_in(client, make_post(Role.LEADER, world.bajiao))

    def add() -> None:
        household = make_household(make_building(world.north))
        make_resident(household)
        colleague = make_post(Role.COMMUNITY_WORKER, world.north)
        one = make_visit(household, post=worker, companions=(colleague.user,), text=WORDS)
        one.matters.create(position=1, text="漏水", outcome="SOLVED")

    assert_flat(LIST, add)


def test_the_choice_of_a_door_is_flat(client, world, worker, assert_flat):
    sign_in(client, worker)

    def add() -> None:
        household = make_household(make_building(world.north), worker=worker.user)
        make_resident(household)
        make_post(Role.COMMUNITY_WORKER, world.north)

    assert_flat("/contacts/visits/new/", add, at_most=9)


def test_the_form_is_flat(client, world, worker, home, assert_flat):
    sign_in(client, worker)

    def add() -> None:
        make_resident(home)
        make_post(Role.COMMUNITY_WORKER, world.north)

    # With what is open at this door: promises, next steps, matters, read as its page does.
    assert_flat(f"/contacts/visits/new/?household={home.pk}", add, at_most=11)


def test_the_page_is_flat(client, world, worker, visit, assert_flat):
    sign_in(client, worker)

    def add() -> None:
        number = visit.matters.count() + 1
        visit.matters.create(position=number, text="漏水", outcome="SOLVED")
        visit.people.create(
            user=make_user(), post=visit.post, occurred_on=visit.occurred_on, street=world.bajiao
        )
        visit.amendments.create(at=timezone.now(), by=make_user(), reason="更正", before={})

    assert_flat(visit.get_absolute_url(), add, at_most=10)


@pytest.mark.parametrize("query", [PHONE, "尾号5678", "5678", "陈*", "陈阿姨"])
def test_a_person_is_not_looked_for_in_the_log_and_leaves_the_address(
    client, world, worker, home, query
):
    visit = log(worker, home, text=f"漏水 {query}")
    sign_in(client, worker)

    answer = client.get(LIST, {"q": query, "result": "MET"})

    assert answer.status_code == 302
    assert answer.url == f"{LIST}?result=MET&find=person"
    html = client.get(answer.url).content.decode()
    assert "/contacts/households/find/" in html
    assert "不按人搜" in html
    assert not about(Visit.objects.all(), post=worker, query=query).exists()
    assert list(about(Visit.objects.all(), post=worker, query="漏水")) == [visit]


@pytest.mark.parametrize(
    "days",
    [
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"since": "0001-01-01"},
    ],
)
def test_the_ends_of_the_calendar_show_nothing_and_say_why(client, worker, home, days):
    log(worker, home, text="漏水")
    sign_in(client, worker)

    answer = client.get(LIST, days)

    assert answer.status_code == 200
    assert answer.context["rows"] == []
    assert "日期要在 2000 年至 2199 年之间。" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("since=2199-12-31", 0),
        ("until=2000-01-01", 0),
        ("until=2199-12-31", 1),
        ("week=9999-W52", 0),
    ],
)
def test_the_edges_of_the_days_one_may_ask_for(client, worker, home, query, count):
    log(worker, home, text="漏水")
    sign_in(client, worker)

    assert len(client.get(f"{LIST}?{query}").context["rows"]) == count


@pytest.mark.parametrize(
    "address",
    [
        "/contacts/households/99999999999999999999/",
        "/contacts/diary/?week=9999-W52",
        "/contacts/diary/?week=0001-W01",
    ],
)
def test_numbers_beyond_any_table_or_calendar_are_not_there(client, worker, address):
    sign_in(client, worker)

    assert client.get(address).status_code == 404
