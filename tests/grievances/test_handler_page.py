"""The page of an 办理链接: what is needed to handle it, nobody's name, and one sending."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.test import Client

from grievances.kinds import Part, State
from grievances.models import Grievance, HandlerLink
from grievances.services.handler_links import SAME_SENDING, VALID_FOR
from grievances.views.private_link import LOOKS_AN_HOUR, WRONG_AN_HOUR
from tests.factories.outside import Outside

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
REPLY = {
    "does": "reply",
    "result": "SOLVED",
    "reply": "换了两盏灯。",
    "public_words": "灯换好了。",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    cache.clear()
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def outside(world, settings):
    settings.PRIVACY_PHONE = "010-68870000"
    return Outside(world, NOW)


@pytest.fixture
def path(outside):
    return path_of(outside.link())


def path_of(link):
    return f"/h/{link.token}/"


def html(answer):
    return answer.content.decode()


def main_of(answer):
    text = html(answer)
    return text[text.index("<main") : text.index("</main>")]


def state_of(outside):
    return Grievance.objects.get(pk=outside.found.pk).state


def test_it_tells_what_to_do_and_not_who_asked(client, outside, path):
    shown = html(client.get(path))

    for words in (
        outside.found.number,
        "楼下的路灯坏了",
        "八角北里社区",
        "供电公司",
        "主办",
        "010-68870000",
        "签收",
        "提出异议",
    ):
        assert words in shown
    for secret in ("王秀英", "13800131234", "138", "1234。"):
        assert secret not in shown


def test_nothing_of_it_stays_behind(client, path):
    answer = client.get(path)

    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "noindex" in answer["X-Robots-Tag"]


def test_looking_changes_nothing(client, outside, path):
    for method in ("get", "head", "options"):
        getattr(client, method)(path)

    assert state_of(outside) == State.ASSIGNED
    assert HandlerLink.objects.get().used_at is None


def test_sign_then_reply_without_an_account(client, outside, path):
    thanks = client.post(path, {"does": "sign"})
    following = HandlerLink.objects.get(step="REPLY")

    assert str(following.token) in html(thanks)
    assert state_of(outside) == State.IN_HAND
    form = html(client.get(path_of(following)))
    for label in ("答复内容", "给居民看的话", "已解决"):
        assert label in form
    missing = html(client.post(path_of(following), {**REPLY, "public_words": ""}))
    assert "请用大白话写给居民看的话" in missing
    assert "换了两盏灯。" in missing

    assert "您这一步办完了" in html(client.post(path_of(following), REPLY))
    assert state_of(outside) == State.REPLIED


def test_sent_twice_it_answers_kindly_and_a_used_one_says_so(client, outside, path, clock):
    client.post(path, {"does": "sign"})
    again = html(client.post(path, {"does": "sign"}))

    assert "没有重复记录" in again
    assert str(HandlerLink.objects.get(step="REPLY").token) in again
    used = html(client.get(path))
    assert "已办理" in used
    assert "路灯" not in used
    assert str(HandlerLink.objects.get(step="REPLY").token) not in used
    clock.move_to(NOW + SAME_SENDING + MINUTE, tick=False)
    late = html(client.post(path, {"does": "sign"}))
    assert str(HandlerLink.objects.get(step="REPLY").token) not in late
    assert outside.found.events.filter(move="sign").count() == 1


def test_wrong_outlived_revoked_and_restricted_read_alike(client, outside, path, clock):
    wrong = client.get(f"/h/{'x' * 43}/")
    outside.link()
    revoked = client.get(path)
    open_path = path_of(outside.link())
    clock.move_to(NOW + VALID_FOR, tick=False)
    outlived = client.post(open_path, {"does": "sign"})
    clock.move_to(NOW, tick=False)
    outside.seal()
    restricted = client.get(open_path)

    answers = [wrong, revoked, restricted, outlived]
    assert {answer.status_code for answer in answers} == {404}
    assert len({main_of(answer) for answer in answers}) == 1
    assert "010-68870000" in html(wrong)
    assert state_of(outside) == State.ASSIGNED


def test_a_used_link_of_what_was_restricted_since_says_nothing(client, outside, path):
    client.post(path, {"does": "sign"})
    outside.seal()

    assert client.get(path).status_code == 404
    assert outside.found.number not in html(client.post(path, {"does": "sign"}))


def test_guessing_and_fetching_have_limits(client, path):
    for _ in range(WRONG_AN_HOUR):
        client.get("/h/wrong/")
    assert client.get("/h/wrong/").status_code == 429
    for _ in range(LOOKS_AN_HOUR):
        client.get(path)
    assert client.get(path).status_code == 429


def test_a_co_handler_only_signs_and_answers(client, outside):
    path = path_of(outside.link(part=Part.CO_HANDLER))
    shown = html(client.get(path))

    assert "提出异议" not in shown
    client.post(path, {"does": "sign"})
    answer = client.post(
        path_of(HandlerLink.objects.get(step="REPLY")), {"does": "reply", "reply": "已断电。"}
    )
    assert "您这一步办完了" in html(answer)
    assert outside.assignment(part=Part.CO_HANDLER).reply == "已断电。"


def test_more_time_is_asked_on_the_same_page(client, outside, path):
    client.post(path, {"does": "sign"})
    reply = path_of(HandlerLink.objects.get(step="REPLY"))

    thanks = client.post(reply, {"does": "ask_extension", "length": "1", "reason": "等配件"})

    assert "下一步：答复" in html(thanks)
    assert outside.found.extensions.get().reason == "等配件"
    assert "申请延期" not in html(
        client.get(path_of(HandlerLink.objects.get(step="REPLY", used_at=None)))
    )


def test_the_form_is_refused_without_its_mark(outside, path):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"does": "sign"}).status_code == 403
    assert state_of(outside) == State.ASSIGNED
