"""The visit form through the browser's eyes: without JavaScript, sent twice, after the session."""

import datetime as dt
import re
import uuid

import pytest
from django.core import signing
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Household, Matter, Promise, Visit, VisitDraft
from contacts.services import drafts
from contacts.services.visit_entries import MatterEntry, VisitEntry
from contacts.services.visits import log_visit
from portal.accounts.models import Post, User
from portal.accounts.roles import Role
from portal.accounts.services.links import withdraw_password
from portal.accounts.services.people import set_password
from tests.factories.accounts import make_post, make_user, make_world, sign_in
from tests.factories.contacts import make_building, make_household, make_resident

pytestmark = pytest.mark.django_db

NEW = "/contacts/visits/new/"
DRAFT = "/contacts/visits/draft/"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world) -> Post:
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker) -> Household:
    return make_household(world.building, worker=worker.user, unit="2", room="301")


@pytest.fixture
def signed_in(client, worker) -> Client:
    sign_in(client, worker)
    return client


def local(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def sent(household: Household, **fields: object) -> dict[str, object]:
    return {
        "client_id": str(uuid.uuid4()),
        "household": household.pk,
        "occurred_at": local(timezone.now() - HOUR),
        "result": "MET",
        "channel": "DOOR",
        "m-TOTAL_FORMS": "3",
        "m-INITIAL_FORMS": "0",
        **fields,
    }


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def inputs_required(page: str) -> set[str]:
    return set(re.findall(r'<(?:input|textarea|select)[^>]*name="([^"]+)"[^>]* required', page))


# --- choosing, one tap, the form ------------------------------------------------------------


def test_without_a_household_one_chooses_a_door(signed_in, home, world):
    other = make_household(world.building, room="999")

    page = signed_in.get(NEW).content.decode()

    assert f"?household={home.pk}" in page
    assert "2单元301室" in page
    assert f"?household={other.pk}" not in page
    assert "999室" not in page


def test_the_form_takes_at_most_twelve_queries(signed_in, home, django_assert_max_num_queries):
    signed_in.get(NEW, {"household": home.pk})
    with django_assert_max_num_queries(12):
        assert signed_in.get(NEW, {"household": home.pk}).status_code == 200


def test_other_kinds_take_another_permission(signed_in, home):
    for kind, status in (("field", 403), ("reception", 403), ("x", 404)):
        asked = {"kind": kind, "household": home.pk}
        assert signed_in.get(NEW, asked).status_code == status
        assert signed_in.post(NEW, sent(home, kind=kind)).status_code == status
    assert signed_in.get(NEW, {"kind": "home", "household": home.pk}).status_code == 200


@pytest.mark.parametrize("asked", ["", "0", "abc", "9" * 30, "1 or 1"])
def test_a_household_that_is_none_is_not_found(signed_in, asked):
    assert signed_in.get(NEW, {"household": asked}).status_code == 404


def test_the_form_asks_for_three_things_at_most(signed_in, home):
    page = signed_in.get(NEW, {"household": home.pk}).content.decode()

    assert inputs_required(page) == {"result", "occurred_at"}
    assert hidden(page, "household") == str(home.pk)
    assert "checked" not in re.findall(r'<input[^>]*name="result"[^>]*>', page)[0]
    assert re.search(r'name="occurred_at" value="\d{4}-\d\d-\d\dT\d\d:\d\d"', page)


def test_both_dates_ahead_have_the_days_at_one_tap(signed_in, home):
    """The markup of every other date field."""
    page = signed_in.get(f"{NEW}?household={home.pk}")
    fields = [page.context["form"][name] for name in ("next_step_on", "promise_due")]

    for field in fields:
        chips = render_to_string("components/_quick_dates.html", {"field": field})
        assert page.content.decode().count(chips.strip()) == 1


def test_one_tap_is_an_ordinary_visit_and_two_are_the_same(signed_in, worker, home):
    tap = {"client_id": str(uuid.uuid4()), "household": home.pk, "ordinary": "1", "next": "/"}

    for _ in range(2):
        answer = signed_in.post(f"{NEW}?kind=home&household={home.pk}", tap)
        assert (answer.status_code, answer["Location"]) == (302, "/")

    visit = Visit.objects.get()
    assert (visit.result, visit.channel, visit.text) == ("MET", "DOOR", "")
    assert visit.occurred_at == visit.recorded_at
    assert visit.author == worker.user


def test_the_bar_names_the_whole_address_and_what_voiding_is(signed_in, home):
    signed_in.post(NEW, sent(home, result="NOT_HOME"))

    words = said(signed_in)

    assert f"已记下：{home.building.name} 2单元301室 无人在家" in words
    assert "记错了，作废" in words
    assert "撤销" not in words


def test_one_tap_says_how_to_undo_and_to_add(signed_in, home):
    tap = {"client_id": str(uuid.uuid4()), "household": home.pk, "ordinary": "1"}

    signed_in.post(NEW, tap)
    page = signed_in.get("/contacts/visits/").content.decode()

    visit = Visit.objects.get()
    assert f'href="{reverse("contacts:visit_void", args=[visit.client_id])}"' in page
    assert f'href="{reverse("contacts:visit_edit", args=[visit.client_id])}"' in page


def test_one_tap_never_leads_to_a_foreign_page(signed_in, home):
    for bad in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        Visit.objects.all().update(recorded_at=timezone.now(), text=bad)
        tap = {"client_id": str(uuid.uuid4()), "household": home.pk, "ordinary": "1", "next": bad}
        assert signed_in.post(NEW, tap)["Location"] == "/"


def test_one_tap_on_the_form_keeps_what_is_typed(signed_in, home):
    signed_in.post(NEW, sent(home, ordinary="1", result="", text="精神很好"))

    assert Visit.objects.get().text == "精神很好"


def test_outside_the_scope_one_tap_finds_no_household(world, home):
    for post in (
        make_post(Role.COMMUNITY_WORKER, world.south),
        make_post(Role.COMMUNITY_WORKER, world.gucheng_community),
    ):
        client = Client()
        sign_in(client, post)
        tap = {"client_id": str(uuid.uuid4()), "household": home.pk, "ordinary": "1"}
        assert client.post(NEW, tap).status_code == 404
        assert client.get(NEW, {"household": home.pk}).status_code == 404
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "role", [Role.DELEGATE, Role.STREET_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR]
)
def test_who_may_not_log_gets_a_page_that_says_whom_to_ask(client, world, home, role):
    sign_in(client, make_post(role, world.bajiao))

    answer = client.get(NEW, {"household": home.pk})

    assert answer.status_code == 403
    assert "联系" in answer.content.decode()


def test_the_form_without_script_saves_a_visit_with_matters(signed_in, worker, home):
    resident = make_resident(home, name="陈玉兰")
    colleague = make_post(Role.LEADER, home.street, user=make_user(name="赵主任")).user
    tomorrow = timezone.localdate() + dt.timedelta(days=1)

    answer = signed_in.post(
        NEW,
        sent(
            home,
            text="老人身体好",
            met=[resident.pk],
            companion_names="赵主任",
            next_step_on=tomorrow,
            promise="送药",
            promise_due=tomorrow,
            **{
                "m-0-text": "扶手松动",
                "m-0-outcome": "ESCALATED",
                "m-2-text": "问供暖",
                "m-2-outcome": "EXPLAINED",
            },
        ),
    )

    visit = Visit.objects.get()
    assert answer["Location"] == visit.get_absolute_url()
    assert list(visit.matters.values_list("text", flat=True)) == ["扶手松动", "问供暖"]
    assert visit.next_step == "再次走访"
    assert list(visit.met.all()) == [resident]
    assert set(visit.people.values_list("user_id", flat=True)) == {worker.user_id, colleague.pk}
    page = signed_in.get(answer["Location"]).content.decode()
    assert f"诉求 {visit.matters.first().grievance_number}" in page


def test_the_form_says_what_becomes_of_a_matter_that_is_passed_on(signed_in, home):
    page = signed_in.get(NEW, {"household": home.pk}).content.decode()
    assert "保存后就是一件诉求，有编号" in page
    assert Matter.WAITING_LABEL not in page


def test_without_a_desk_the_form_says_that_it_waits(signed_in, home, without_a_desk):
    page = signed_in.get(NEW, {"household": home.pk}).content.decode()
    assert f"先记为“{Matter.WAITING_LABEL}”" in page


def test_errors_stand_at_the_field_and_nothing_typed_is_lost(signed_in, home):
    answer = signed_in.post(
        NEW, sent(home, result="", text="写了很多字", **{"m-1-text": "只写了事，没选怎么处理"})
    )

    page = answer.content.decode()
    assert answer.status_code == 200
    assert not Visit.objects.exists()
    assert "写了很多字" in page
    assert "只写了事，没选怎么处理" in page
    assert answer.context["form"].errors.as_data()["result"][0].code == "required"
    assert answer.context["matters"].errors[1].as_data()["outcome"][0].code == "outcome"


def test_a_broken_rule_is_said_at_its_field(signed_in, home):
    future = local(timezone.now() + dt.timedelta(hours=2))

    answer = signed_in.post(NEW, sent(home, occurred_at=future))

    assert "occurred_at" in answer.context["form"].errors
    answer = signed_in.post(
        NEW, sent(home, result="NOT_HOME", **{"m-0-text": "听说漏水", "m-0-outcome": "SOLVED"})
    )
    assert answer.context["form"].non_field_errors()
    assert "听说漏水" in answer.content.decode()


@pytest.mark.parametrize(("names", "code"), [("不认识的人", "unknown"), ("李敏", "twice")])
def test_companions_by_name_must_be_clear(signed_in, world, home, names, code):
    for _ in range(2):
        make_post(Role.OFFICER, world.section, user=make_user(name="李敏"))
    make_post(Role.COMMUNITY_WORKER, world.gucheng_community, user=make_user(name="不认识的人"))

    answer = signed_in.post(NEW, sent(home, companion_names=names))

    assert answer.context["form"].errors.as_data()["companion_names"][0].code == code


def test_a_form_sent_twice_is_one_visit(signed_in, home):
    form = sent(home, text="一次")

    places = {signed_in.post(NEW, form)["Location"] for _ in range(2)}

    assert places == {Visit.objects.get().get_absolute_url()}


def said(client: Client) -> str:
    """The green bar on the next page, as one reads it."""
    page = client.get("/contacts/visits/").content.decode()
    bar = page.partition('id="messages"')[2].partition("<main")[0].partition('class="rows"')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", bar).split())


def test_back_and_save_again_is_one_visit_and_says_so(signed_in, home):
    form = sent(home, text="精神很好", **{"m-0-text": "灯不亮", "m-0-outcome": "SOLVED"})
    signed_in.post(NEW, form)
    said(signed_in)

    answer = signed_in.post(NEW, {**form, "client_id": str(uuid.uuid4())})

    visit = Visit.objects.get()
    assert answer["Location"] == visit.get_absolute_url()
    page = signed_in.get("/contacts/visits/").content.decode()
    assert "这次走访刚才已经记过" in page
    assert f'<a class="btn btn-quiet" href="{visit.get_absolute_url()}"' in page


def test_two_taps_on_different_pages_are_one_visit(signed_in, home):
    for _ in range(2):
        tap = {"client_id": str(uuid.uuid4()), "household": home.pk, "ordinary": "1", "next": "/"}
        assert signed_in.post(NEW, tap)["Location"] == "/"

    assert Visit.objects.count() == 1


def test_what_the_second_form_tells_more_of_is_not_lost(signed_in, home):
    resident = make_resident(home, name="陈玉兰")
    form = sent(home, text="精神很好")
    signed_in.post(NEW, form)

    answer = signed_in.post(NEW, {**form, "client_id": str(uuid.uuid4()), "met": [resident.pk]})

    visit = Visit.objects.get()
    assert answer["Location"] == f"{reverse('contacts:visit_edit', args=[visit.client_id])}?draft=1"
    page = signed_in.get(answer["Location"])
    assert page.context["form"]["met"].value() == [str(resident.pk)]


def test_what_was_added_before_the_second_sending_is_not_lost(signed_in, worker, home):
    form = sent(home, text="第一次")
    signed_in.post(NEW, form)

    answer = signed_in.post(NEW, {**form, "text": "第一次，后来又补了两句"})

    visit = Visit.objects.get()
    assert visit.text == "第一次"
    assert answer["Location"] == f"{reverse('contacts:visit_edit', args=[visit.client_id])}?draft=1"
    assert "后来又补了两句" in signed_in.get(answer["Location"]).content.decode()


def test_names_to_tick_are_only_for_who_sees_the_household_in_full(client, world, home):
    make_resident(home, name="陈玉兰")
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    page = client.get(NEW, {"household": home.pk}).content.decode()

    assert "陈玉兰" not in page
    assert "301室" not in page
    assert 'name="met"' not in page


def test_a_wish_for_calls_is_remembered_and_a_door_visit_still_allowed(signed_in, home):
    Household.objects.filter(pk=home.pk).update(door_wish="PHONE", door_wish_reason="家有病人")

    page = signed_in.get(NEW, {"household": home.pk}).content.decode()

    assert re.search(r'value="PHONE"[^>]* checked', page)
    assert 'name="ordinary"' not in page
    assert "家有病人" not in page
    signed_in.post(NEW, sent(home, channel="DOOR"))
    assert Visit.objects.get().channel == "DOOR"


def at_door(client: Client, household: Household) -> str:
    page = client.get(NEW, {"household": household.pk}).content.decode()
    return page.partition('class="at-door"')[2].partition("</section>")[0]


def test_the_head_of_the_form_tells_what_is_open(signed_in, worker, home, without_a_desk):
    Household.objects.filter(pk=home.pk).update(avoid="儿子的病")
    today = timezone.localdate()
    told = {
        "text": "记过的",
        "next_step": "带表格来",
        "next_step_on": today,
        "matters": (
            MatterEntry(text="楼道灯不亮", outcome="ESCALATED"),
            MatterEntry(text="停车难", outcome="SOLVED"),
        ),
    }
    visit = logged(worker, home, **told, promise="送药", promise_due=today)
    Promise.objects.update(due_on=today - dt.timedelta(days=1))
    kept = logged(worker, home, promise="修锁", promise_due=today)
    kept.promises.update(kept_on=today, kept_by=worker.user)

    door = at_door(signed_in, home)

    for words in ("儿子的病", "送药", "已过", "带表格来", "楼道灯不亮", Matter.WAITING_LABEL):
        assert words in door
    assert f'href="{home.get_absolute_url()}"' in door
    assert visit.get_absolute_url() in door
    assert "修锁" not in door
    assert "停车难" not in door


def test_the_head_of_the_form_tells_nothing_of_a_masked_household(client, world, worker, home):
    Household.objects.filter(pk=home.pk).update(avoid="儿子的病")
    logged(worker, home, promise="送药", promise_due=timezone.localdate())
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    door = at_door(client, home)

    assert home.building.name in door
    for words in ("儿子的病", "送药"):
        assert words not in door


def test_a_promise_says_that_it_needs_a_day_and_each_error_is_said_once(signed_in, home):
    page = signed_in.get(NEW, {"household": home.pk}).content.decode()
    assert "写了就要有日期" in page

    answer = signed_in.post(NEW, sent(home, promise="送药"))
    errors = answer.context["form"].errors["promise_due"]
    assert errors == ["答应了就要有日期，请选一天。"]

    answer = signed_in.post(NEW, sent(home, result="", promise="送药", **{"m-0-text": "灯不亮"}))
    page = answer.content.decode()
    summary = page.partition('id="error-summary"')[2].partition("</div>")[0]
    lines = re.findall(r"<a href=[^>]*>([^<]+)</a>", summary)
    assert lines == [
        "见到了吗：请选一项。",
        "哪天以前：答应了就要有日期，请选一天。",
        "第1件 怎么处理的：请选一项。",
    ]


def open_folds(page: str) -> list[str]:
    folds = re.findall(
        r'<details class="disclosure[^>]*\bopen>\s*<summary>(.*?)</summary>', page, re.DOTALL
    )
    return [re.sub(r"<[^>]+>", "", fold).strip() for fold in folds]


def test_a_fold_that_holds_something_stands_open(signed_in, world, home):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north).user
    resident = make_resident(home)

    page = signed_in.get(NEW, {"household": home.pk}).content.decode()
    assert open_folds(page) == []
    for typed, fold in (
        ({"companions": [colleague.pk]}, "同行的人"),
        ({"met": [resident.pk]}, "方式、见到谁"),
        ({"channel": "VIDEO"}, "方式、见到谁"),
        ({"next_step": "再来"}, "下一步"),
        ({"promise": "送药"}, "答应了住户什么"),
    ):
        page = signed_in.post(NEW, sent(home, result="", **typed)).content.decode()
        assert open_folds(page) == ["反映的事", fold]


def test_a_door_is_found_by_everybody_who_lives_there(signed_in, home):
    make_resident(home, name="陈玉兰", is_contact=True)
    make_resident(home, name="周国强")
    make_resident(home, name="赵离开", left_on=timezone.localdate())

    page = signed_in.get(NEW).content.decode()

    (found,) = re.findall(r'data-door="([^"]*)"', page)
    assert found.startswith(f"{home.building.name} 2单元301室 ")
    assert {"陈玉兰", "周国强"} <= set(found.split())
    assert "赵离开" not in page


@pytest.mark.parametrize(
    ("building", "unit", "example"),
    [("北里小区3号楼", "2", "3号楼 301 或姓名"), ("平房区", "", "301 或姓名")],
)
def test_the_search_box_shows_a_door_as_the_list_writes_it(
    signed_in, worker, world, building, unit, example
):
    make_household(
        make_building(world.north, name=building), worker=worker.user, unit=unit, room="301"
    )

    assert f'placeholder="{example}"' in signed_in.get(NEW).content.decode()


# --- changing -------------------------------------------------------------------------------


def logged(post: Post, household: Household, *, days_ago: int = 0, **changes: object) -> Visit:
    now = timezone.now() - dt.timedelta(days=days_ago)
    told = {
        "client_id": uuid.uuid4(),
        "household_id": household.pk,
        "occurred_at": now - HOUR,
        "channel": "DOOR",
        "result": "MET",
        **changes,
    }
    return log_visit(actor=post, entry=VisitEntry(**told), now=now)


def as_sent(client: Client, visit: Visit, **changes: object) -> dict[str, object]:
    """The edit form as the browser would send it back."""
    answer = client.get(reverse("contacts:visit_edit", args=[visit.client_id]))
    form, matters = answer.context["form"], answer.context["matters"]
    data = {name: form[name].value() for name in form.fields}
    data["occurred_at"] = local(visit.occurred_at)
    data = {k: v for k, v in data.items() if v not in (None, False)}
    data |= {"m-TOTAL_FORMS": len(matters), "m-INITIAL_FORMS": matters.initial_form_count()}
    for row in matters:
        for name in ("id", "text", "outcome"):
            data[row.add_prefix(name)] = row[name].value() or ""
    return data | changes


def test_an_unchanged_edit_changes_nothing(signed_in, worker, home):
    resident = make_resident(home)
    visit = logged(
        worker,
        home,
        text="原样",
        met=(resident.pk,),
        matters=(MatterEntry(text="漏水", outcome="SOLVED"),),
        promise="送药",
        promise_due=timezone.localdate(),
    )
    before = (Visit.objects.values().get(), list(visit.matters.values()))

    url = reverse("contacts:visit_edit", args=[visit.client_id])
    answer = signed_in.post(url, as_sent(signed_in, visit))

    assert answer["Location"] == visit.get_absolute_url()
    assert (Visit.objects.values().get(), list(visit.matters.values())) == before


def test_the_author_completes_and_drops_within_seven_days(signed_in, worker, home):
    visit = logged(
        worker, home, to_complete=True, matters=(MatterEntry(text="漏水", outcome="SOLVED"),)
    )
    url = reverse("contacts:visit_edit", args=[visit.client_id])
    data = as_sent(signed_in, visit, text="写全了", **{"m-0-drop": "on"})
    del data["to_complete"]

    signed_in.post(url, data)

    visit.refresh_from_db()
    assert (visit.text, visit.to_complete, visit.matters.count()) == ("写全了", False, 0)
    assert not visit.amendments.exists()


def test_after_seven_days_the_form_asks_why_and_keeps_the_old_words(signed_in, worker, home):
    visit = logged(worker, home, days_ago=8, text="旧的话")
    url = reverse("contacts:visit_edit", args=[visit.client_id])

    refused = signed_in.post(url, as_sent(signed_in, visit, text="新的话"))
    assert refused.context["form"].errors.as_data()["reason"][0].code == "required"
    signed_in.post(url, as_sent(signed_in, visit, text="新的话", reason="记错了"))

    page = signed_in.get(visit.get_absolute_url()).content.decode()
    assert all(words in page for words in ("新的话", "旧的话", "记错了", "原情况"))


def test_others_may_not_open_the_edit_form(world, worker, home):
    visit = logged(worker, home)
    url = reverse("contacts:visit_edit", args=[visit.client_id])
    for post, status in (
        (make_post(Role.LEADER, world.bajiao), 403),
        (make_post(Role.STREET_ADMIN, world.bajiao), 403),
        (make_post(Role.COMMUNITY_WORKER, world.north), 404),
        (make_post(Role.LEADER, world.gucheng), 404),
    ):
        client = Client()
        sign_in(client, post)
        assert (client.get(url).status_code, client.post(url, {}).status_code) == (status, status)


# --- drafts ---------------------------------------------------------------------------------


def keep(client: Client, home: Household, **fields: object) -> str:
    form = sent(home, **fields)
    client.post(DRAFT, form)
    return form["client_id"]


def test_a_draft_is_kept_encrypted_and_comes_back(signed_in, worker, home):
    client_id = keep(
        signed_in,
        home,
        text="写到一半的话",
        occurred_at="不是时间",
        **{"m-1-text": "半件事", "m-1-outcome": ""},
    )

    stored = VisitDraft.objects.raw("SELECT id, payload AS raw FROM contacts_visitdraft")[0]
    assert "写到一半" not in stored.raw
    offered = signed_in.get(NEW, {"household": home.pk}).content.decode()
    assert f"draft={client_id}" in offered
    assert "写到一半的话" not in offered
    page = signed_in.get(NEW, {"household": home.pk, "draft": client_id}).content.decode()
    assert all(words in page for words in ("写到一半的话", "半件事", "不是时间"))
    assert hidden(page, "client_id") == client_id
    assert "error-summary" not in page


def test_a_draft_without_words_is_not_kept(signed_in, home):
    client_id = keep(signed_in, home, text="一个字")
    signed_in.post(DRAFT, sent(home, client_id=client_id, text=" "))

    assert not VisitDraft.objects.exists()


def test_saving_or_giving_up_ends_the_draft(signed_in, home):
    client_id = keep(signed_in, home, text="要保存的")
    signed_in.post(NEW, sent(home, client_id=client_id, text="要保存的"))
    assert not VisitDraft.objects.exists()
    late = signed_in.post(DRAFT, sent(home, client_id=client_id, text="迟到的自动保存"))
    assert late.status_code == 200
    assert not VisitDraft.objects.exists()

    other = keep(signed_in, home, text="不要了")
    answer = signed_in.post(DRAFT, {"client_id": other, "discard": "1", "next": "/"})
    assert answer["Location"] == "/"
    assert not VisitDraft.objects.exists()


def test_another_persons_draft_does_not_exist(signed_in, world, home):
    client_id = keep(signed_in, home, text="只有我能看")
    other = make_post(Role.COMMUNITY_WORKER, world.north)
    client = Client()
    sign_in(client, other)

    page = client.get(NEW, {"household": home.pk, "draft": client_id}).content.decode()
    assert "只有我能看" not in page
    assert hidden(page, "client_id") != client_id
    client.post(DRAFT, {"client_id": client_id, "discard": "1"})
    client.post(DRAFT, sent(home, client_id=client_id, text="覆盖"))
    mine = signed_in.get(NEW, {"household": home.pk, "draft": client_id}).content.decode()
    assert "只有我能看" in mine


def test_signing_out_wipes_drafts(signed_in, home):
    keep(signed_in, home, text="别留在公用电脑上")

    signed_in.post("/accounts/logout/", {"confirm": "1"})

    assert not VisitDraft.objects.exists()


def test_signing_out_asks_before_it_wipes(signed_in, home):
    keep(signed_in, home, text="写到一半")

    answer = signed_in.post("/accounts/logout/")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "有 1 份没写完的走访，退出后会清除" in page
    assert 'name="confirm"' in page
    assert f'href="{NEW}"' in page
    assert VisitDraft.objects.exists()
    assert signed_in.get("/").status_code == 200


def test_an_unsaved_change_of_a_visit_is_asked_about_too(signed_in, worker, home):
    visit = logged(worker, home)
    drafts.save_draft(
        actor=worker,
        client_id=drafts.edit_id(visit.client_id),
        typed={"text": ["改了一半"]},
        household_id=None,
        now=timezone.now(),
    )

    page = signed_in.post("/accounts/logout/").content.decode()

    assert 'href="/contacts/visits/">' in page.partition("没写完的走访")[2]


def test_without_drafts_signing_out_is_one_tap(signed_in, world, home):
    other = Client()
    sign_in(other, make_post(Role.COMMUNITY_WORKER, world.north))
    keep(other, home, text="别人的草稿")

    assert signed_in.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert VisitDraft.objects.count() == 1


def test_signing_out_clears_the_device_unless_a_colleague_has_something_unsent_on_it(
    signed_in, worker
):
    assert signed_in.post("/accounts/logout/")["Clear-Site-Data"] == '"storage"'

    sign_in(signed_in, worker)
    answer = signed_in.post("/accounts/logout/", {"keep": "1"})
    assert "Clear-Site-Data" not in answer
    assert signed_in.get("/").status_code == 302


def test_a_draft_is_at_most_64_kb_and_a_person_keeps_twenty(signed_in, worker, home):
    answer = signed_in.post(DRAFT, sent(home, text="长" * 30_000))
    assert answer.status_code == 413
    assert not VisitDraft.objects.exists()

    ids = [keep(signed_in, home, text=f"第{n}份") for n in range(drafts.MOST_DRAFTS + 2)]

    kept = set(map(str, VisitDraft.objects.values_list("client_id", flat=True)))
    assert kept == set(ids[2:])


def test_an_id_that_is_none_is_refused(signed_in):
    assert signed_in.post(DRAFT, {"client_id": "x", "text": "字"}).status_code == 400
    assert signed_in.get(DRAFT).status_code == 405


# --- the session has ended ------------------------------------------------------------------


def owned(client: Client, home: Household) -> dict[str, str]:
    page = client.get(NEW, {"household": home.pk}).content.decode()
    return {name: hidden(page, name) for name in ("client_id", "owner")}


def test_a_form_sent_after_the_session_comes_back_after_signing_in(signed_in, worker, home):
    form = sent(home, text="登录过期前写的", **owned(signed_in, home))
    signed_in.logout()

    answer = signed_in.post(NEW, form)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?kept=1&next=")
    assert (
        "刚才填的内容已经存好，登录后接着写" in signed_in.get(answer["Location"]).content.decode()
    )
    assert "%3Fdraft%3D" in answer["Location"]
    assert "登录过期前写的" not in answer["Location"]
    assert not Visit.objects.exists()
    sign_in(signed_in, worker)
    page = signed_in.get(NEW, {"draft": form["client_id"]}).content.decode()
    assert "登录过期前写的" in page
    assert "上次没保存的内容都在" in page


def test_who_signs_in_instead_does_not_see_it(signed_in, world, home):
    form = sent(home, text="前一个人写的", **owned(signed_in, home))
    signed_in.logout()
    signed_in.post(NEW, form)

    client = Client()
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    answer = client.get(NEW, {"draft": form["client_id"]})
    assert "前一个人写的" not in answer.content.decode()


def test_an_edit_sent_after_the_session_comes_back_too(signed_in, worker, home):
    visit = logged(worker, home, text="原来的")
    url = reverse("contacts:visit_edit", args=[visit.client_id])
    page = signed_in.get(url).content.decode()
    form = as_sent(signed_in, visit, text="改到一半") | {"owner": hidden(page, "owner")}
    signed_in.logout()

    answer = signed_in.post(url, form)

    assert answer["Location"].startswith("/accounts/login/?kept=1&next=")
    visit.refresh_from_db()
    assert visit.text == "原来的"
    sign_in(signed_in, worker)
    assert "改到一半" in signed_in.get(url, {"draft": "1"}).content.decode()


def test_a_forged_or_old_token_stores_nothing(client, worker, home):
    client_id = uuid.uuid4()
    good = drafts.owner_token(user=worker.user, client_id=client_id)
    gone = make_user(is_active=False)
    forged = [
        "",
        "x",
        good[:-2],
        signing.dumps([worker.user_id, 0, str(client_id)], salt="other"),
        drafts.owner_token(user=gone, client_id=client_id),
    ]

    for token in forged:
        answer = client.post(NEW, sent(home, text="塞进来的", owner=token))
        assert answer["Location"].startswith("/accounts/login/")
        assert "draft" not in answer["Location"]
    assert not VisitDraft.objects.exists()


def test_a_token_lasts_a_day(worker, home, time_machine):
    token = drafts.owner_token(user=worker.user, client_id=uuid.uuid4())
    now = timezone.now()
    typed = {"text": ["字"]}

    time_machine.move_to(now + dt.timedelta(hours=24, seconds=2))

    stash = {"token": token, "typed": typed, "household_id": home.pk}
    assert drafts.stash(**stash, now=timezone.now()) is None
    time_machine.move_to(now + dt.timedelta(hours=23, minutes=59))
    assert drafts.stash(**stash, now=timezone.now()) is not None


def test_a_signed_out_form_is_stored_at_most_every_two_seconds(worker, home):
    token = drafts.owner_token(user=worker.user, client_id=uuid.uuid4())
    now = timezone.now()

    def stash(text: str, seconds: float) -> None:
        moment = now + dt.timedelta(seconds=seconds)
        typed = {"text": [text]}
        drafts.stash(token=token, typed=typed, household_id=home.pk, now=moment)

    stash("第一次", 0)
    stash("太快", 1)
    assert "第一次" in VisitDraft.objects.get().payload
    stash("过一会", 2.5)
    assert "过一会" in VisitDraft.objects.get().payload


def test_the_page_saves_itself_once_more_after_the_session(signed_in, home):
    form = sent(home, text="自动保存", **owned(signed_in, home))
    signed_in.logout()

    answer = signed_in.post(DRAFT, form)

    assert (answer.status_code, answer.json()) == (401, {"signed_out": True, "kept": True})
    assert "自动保存" in VisitDraft.objects.get().payload


def test_signed_out_reading_leads_to_the_sign_in_page(client, home):
    answer = client.get(NEW, {"household": home.pk})

    assert answer["Location"].startswith("/accounts/login/?next=")


def test_a_draft_nobody_came_back_to_goes_after_seven_days(signed_in, worker, home):
    now = timezone.now()
    for age in (drafts.DRAFT_AGE, drafts.DRAFT_AGE - dt.timedelta(minutes=1)):
        drafts.save_draft(
            actor=worker,
            client_id=uuid.uuid4(),
            typed={"text": ["写到一半"]},
            household_id=home.pk,
            now=now - age,
        )

    assert drafts.forget_old(now=now) == 1

    left = VisitDraft.objects.get()
    assert left.updated_at > now - drafts.DRAFT_AGE


def test_what_was_typed_does_not_come_back_after_a_sign_out(signed_in, worker, home):
    form = sent(home, text="签退以后", **owned(signed_in, home))
    signed_in.post("/accounts/logout/", {"confirm": "1"})

    answer = signed_in.post(DRAFT, form)

    assert (answer.status_code, answer.json()) == (401, {"signed_out": True, "kept": False})
    assert not VisitDraft.objects.exists()


@pytest.mark.parametrize("end", ["password", "reset", "post", "account", "demo"])
def test_a_form_of_somebody_who_was_shut_out_is_not_kept(client, worker, home, end):
    token = drafts.owner_token(user=worker.user, client_id=uuid.uuid4())
    if end == "password":
        set_password(user=worker.user, password="another-word-7")
    elif end == "reset":
        withdraw_password(user=worker.user)
    elif end == "post":
        Post.objects.update(until=timezone.localdate())
    else:
        User.objects.update(**({"is_demo": True} if end == "demo" else {"is_active": False}))

    client.post(DRAFT, sent(home, text="塞进来的", owner=token))

    assert not VisitDraft.objects.exists()


def test_a_session_that_only_ran_out_keeps_what_was_typed(signed_in, worker, home, time_machine):
    form = sent(home, text="吃饭去了", **owned(signed_in, home))
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=31))

    answer = signed_in.post(DRAFT, form)

    assert (answer.status_code, answer.json()) == (401, {"signed_out": True, "kept": True})
    assert "吃饭去了" in VisitDraft.objects.get().payload
