"""What stands beside the state, on its pages: buttons for whose it is, forms, and the panel."""

import datetime as dt

import pytest

from grievances.models import ExtensionRequest, FollowUp, Measure, Supervision
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import ask, make_grievance, move

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def handler(world):
    return make_post(Role.HANDLER, world.section)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.fixture
def helper(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def found(world, clerk, handler):
    made = make_grievance(world.north, post=clerk, now=NOW)
    move(made, "accept", clerk, now=NOW)
    move(made, "assign", clerk, now=NOW, lead_id=world.section.pk, co_handlers=[world.north])
    return move(made, "sign", handler, now=NOW)


def address(found, key):
    return f"/grievances/{found.number}/ask/{key}/"


def page_of(client, post, found):
    sign_in(client, post)
    return client.get(f"/grievances/{found.number}/").content.decode()


def buttons(client, post, found):
    html = page_of(client, post, found)
    keys = html.split(f"/grievances/{found.number}/ask/")[1:]
    return {part.split("/", 1)[0] for part in keys}


def test_buttons_are_of_whose_it_is(client, found, clerk, handler, leader, helper):
    assert buttons(client, handler, found) == {"ask_extension", "add_measure"}
    assert buttons(client, leader, found) == {"chase", "supervise", "directive"}
    # The contact too: it was the clerk who received it.
    assert buttons(client, clerk, found) == {"chase", "add_measure"}
    assert buttons(client, helper, found) == {"ask_extension", "co_sign", "add_measure"}


def test_buttons_follow_what_is_open(client, found, clerk, handler, leader, helper):
    ask(found, "ask_extension", handler, now=NOW)
    ask(found, "supervise", leader, now=NOW)
    ask(found, "add_measure", handler, now=NOW)
    ask(found, "co_sign", helper, now=NOW)
    ask(found, "chase", clerk, now=NOW)

    assert buttons(client, handler, found) == {"add_measure", "reply_supervision", "measure_done"}
    assert buttons(client, leader, found) == {"decide_extension", "supervise", "directive"}
    # The measure is the section's: the community does not end it.
    assert buttons(client, helper, found) == {"co_reply", "add_measure"}


def test_what_somebody_waits_for_stands_out_and_giving_up_does_not(client, found, leader, handler):
    ask(found, "ask_extension", handler, now=NOW)
    html = page_of(client, leader, found)

    def style(label):
        return html.split(f">{label}</a>")[0].rsplit('class="', 1)[1].split('"')[0]

    assert style("批复延期") == "btn btn-secondary"
    assert style("督办") == "btn btn-quiet"
    assert style("终止办理") == "btn btn-secondary"


def test_who_leads_finds_in_the_inbox_that_it_was_chased(client, found, clerk, handler):
    sign_in(client, handler)
    assert "被催办" not in client.get("/grievances/inbox/").content.decode()

    ask(found, "chase", clerk, now=NOW)

    assert "被催办" in client.get("/grievances/inbox/").content.decode()


def test_more_time_from_the_form_to_the_new_day(client, found, handler, leader):
    sign_in(client, handler)
    form = client.get(address(found, "ask_extension"))
    assert "最多15天" in form.content.decode()
    seen = form.context["form"]["seen_event"].value()
    data = {"seen_event": seen, "length": "5", "reason": "配件下周才到"}
    assert client.post(address(found, "ask_extension"), data).status_code == 302

    sign_in(client, leader)
    form = client.get(address(found, "decide_extension"))
    html = form.content.decode()
    assert "延期 · 5天" in html
    assert "配件下周才到" in html
    sent = client.post(
        address(found, "decide_extension"),
        {
            "seen_event": form.context["form"]["seen_event"].value(),
            "is_approved": "yes",
            "reason": "同意",
            "public_words": "要多等五天。",
            "told": "",
        },
    )

    assert sent.status_code == 302
    assert ExtensionRequest.objects.get().is_approved
    html = page_of(client, leader, found)
    assert "2026-12-08" in html
    assert "还没有告诉诉求人" in html


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(client, found, leader):
    sign_in(client, leader)
    sent = client.post(address(found, "supervise"), {"reason": "三天内修好"})

    html = sent.content.decode()
    assert sent.status_code == 200
    assert sent.context["form"].errors["day"] == ["请填日期。"]
    assert "三天内修好" in html
    assert not Supervision.objects.exists()


def test_the_button_pressed_twice_keeps_one(client, found, leader):
    sign_in(client, leader)
    form = client.get(address(found, "directive"))
    data = {
        "seen_event": form.context["form"]["seen_event"].value(),
        "reason": "请说明",
        "day": "2026-11-25",
    }
    client.post(address(found, "directive"), data)
    again = client.post(address(found, "directive"), data, follow=True)

    assert "没有重复记录" in again.content.decode()
    assert Supervision.objects.count() == 1


def test_a_second_word_is_not_taken_for_the_first(client, found, leader):
    ask(found, "directive", leader, now=NOW - dt.timedelta(hours=1))
    sign_in(client, leader)
    seen = client.get(address(found, "directive")).context["form"]["seen_event"].value()
    client.post(
        address(found, "directive"), {"seen_event": seen, "reason": "再说", "day": "2026-11-25"}
    )

    assert Supervision.objects.count() == 2


def test_of_several_one_chooses(client, found, handler):
    for kind in ("EMERGENCY", "ROOT"):
        ask(found, "add_measure", handler, now=NOW, kind=kind, reason=f"{kind}，王秀英家")
    sign_in(client, handler)
    html = client.get(address(found, "measure_done")).content.decode()
    assert "应急处置：EMERGENCY" in html
    assert "王秀英" not in html
    second = Measure.objects.get(kind="ROOT")

    client.post(address(found, "measure_done"), {"which": second.pk, "done_on": "2026-11-18"})

    assert Measure.objects.get(done_on=None).kind == "EMERGENCY"


def test_the_panel_shows_what_is_asked_and_answered_masked(client, found, handler, leader, helper):
    ask(found, "supervise", leader, now=NOW, reason="去王秀英家看看，13800131234")
    ask(found, "reply_supervision", handler, now=NOW, reply="已去王秀英家")
    ask(found, "co_sign", helper, now=NOW)
    ask(found, "co_reply", helper, now=NOW, reply="楼门长已告知王秀英")

    html = page_of(client, leader, found)

    for words in ("督办", "11月21日前回复", "已回复", "去王", "楼门长已告知"):
        assert words in html
    assert "王秀英" not in html
    assert "13800131234" not in html


def test_what_cannot_be_asked_leads_back_and_what_is_others_is_refused(
    client, found, clerk, handler, leader
):
    sign_in(client, leader)
    back = client.get(address(found, "decide_extension"), follow=True)
    assert "现在不需要" in back.content.decode()
    assert "不能“维持" in client.get(address(found, "uphold"), follow=True).content.decode()
    assert client.get(address(found, "no_such")).status_code == 404
    refused = client.get(address(found, "ask_extension"))
    assert refused.status_code == 403
    assert "主办单位" in refused.content.decode()


def test_the_paper_says_it_all_masked_and_leaves_a_line(client, found, handler, leader):
    ask(found, "supervise", leader, now=NOW, reason="去王秀英家看看")
    sign_in(client, handler)

    answer = client.get(f"/grievances/{found.number}/print/")

    html = answer.content.decode()
    for words in ("诉求办理单", found.number, "城市管理办公室", "督办", "楼门口的路灯", "交办"):
        assert words in html
    assert "王秀英" not in html
    assert "13800131234" not in html
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="grievance.print").count() == 1


def test_the_paper_is_for_who_has_to_do_with_it(client, found, world):
    sign_in(client, make_post(Role.OFFICER, world.bajiao))
    assert client.get(f"/grievances/{found.number}/print/").status_code == 404
    sign_in(client, make_post(Role.HANDLER, world.section))
    assert client.get(f"/grievances/{found.number}/print/").status_code == 200


def test_a_verdict_is_not_on_the_paper(client, found, handler):
    FollowUp.objects.create(
        grievance=found,
        round=1,
        way="PHONE",
        outcome="ANSWERED",
        was_contacted=True,
        was_solved=False,
        grade="1",
        words="根本没来人",
        at=NOW,
    )
    sign_in(client, handler)
    html = client.get(f"/grievances/{found.number}/print/").content.decode()
    assert "根本没来人" not in html
    assert "非常不满意" not in html


def test_outside_the_scope_there_is_no_page(client, found, world):
    for post in (make_post(Role.LEADER, world.gucheng), make_post(Role.OFFICER, world.bajiao)):
        sign_in(client, post)
        assert client.get(address(found, "chase")).status_code == 404
        assert client.post(address(found, "chase")).status_code == 404


def test_the_page_stays_flat(client, found, handler, leader, django_assert_max_num_queries):
    def fill():
        ask(found, "supervise", leader, now=NOW)
        ask(found, "add_measure", handler, now=NOW)

    fill()
    sign_in(client, handler)
    client.get(f"/grievances/{found.number}/")
    with django_assert_max_num_queries(23):
        client.get(f"/grievances/{found.number}/")
    for _ in range(4):
        fill()
    with django_assert_max_num_queries(23):
        client.get(f"/grievances/{found.number}/")
