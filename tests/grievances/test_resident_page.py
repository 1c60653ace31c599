"""The resident's page: plain words, nothing personal, and only a sent form counts."""

import datetime as dt
import io
import logging

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from grievances.models import CallBack, FollowUp, Grievance, ResidentLink
from grievances.services.links import link_for
from grievances.views.private_link import LOOKS_AN_HOUR, WRONG_AN_HOUR
from portal.accounts.roles import Role
from portal.core.logs import HideLinks
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import make_grievance, move
from tests.grievances.test_follow_ups import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SENT = {"was_contacted": "yes", "was_solved": "yes", "grade": "5", "words": "谢谢"}


@pytest.fixture(autouse=True)
def fresh_rates():
    cache.clear()


@pytest.fixture
def desk(world):
    return Desk(world)


@pytest.fixture
def token(desk):
    return link_for(desk.found, now=desk.now)


def page(client, token, part=""):
    return client.get(f"/r/{token}/{part}")


def test_the_answers_tell_nobody_where_they_came_from(client, token):
    for part, referrer in (
        ("", "no-referrer"),
        ("rate/", "strict-origin"),
        ("call/", "strict-origin"),
    ):
        answer = page(client, token, part)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == referrer
        assert "noindex" in answer["X-Robots-Tag"]
        assert set(answer.cookies) <= {configured.CSRF_COOKIE_NAME}
    gone = page(client, "x" * 43)
    assert (gone["Cache-Control"], gone["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_nothing_personal_stands_on_it(client, desk, token):
    Grievance.objects.filter(pk=desk.found.pk).update(
        public_words="王秀英，13800131234，灯换好了。"
    )
    shown = page(client, token).content.decode()

    for secret in ("王秀英", "13800131234", desk.found.text):
        assert secret not in shown
    assert "灯换好了" in shown


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "已收到"),
        ("accept", "正在办"),
        ("decline", "不归我们管"),
        ("withdraw", "按您的意思停办了"),
    ],
)
def test_how_far_it_is_in_plain_words(client, desk, key, words):
    found = make_grievance(desk.world.north, post=desk.clerk, now=desk.now)
    if key:
        move(found, key, desk.clerk, now=desk.now)

    shown = page(client, link_for(found, now=desk.now)).content.decode()

    assert f"<h1>{words}" in shown.replace("\n", "")
    assert "办结" not in shown


def test_not_ours_says_who_has_it_now(client, desk):
    found = make_grievance(desk.world.north, post=desk.clerk, now=desk.now)
    move(found, "decline", desk.clerk, now=desk.now, where="市交通委 010-12328000，王秀英可直接打")

    shown = page(client, link_for(found, now=desk.now)).content.decode()

    assert "市交通委 010-12328000" in shown
    assert "王秀英" not in shown


def test_a_result_is_said_as_the_office_has_it_and_the_contact_is_named(client, desk, token):
    shown = page(client, token).content.decode()
    assert "<h1>已办好" in shown
    assert desk.clerk.user.name in shown
    assert "评价办得怎么样" in shown


def test_explained_is_not_said_to_be_done(client, desk, token):
    Grievance.objects.filter(pk=desk.found.pk).update(result="EXPLAINED")
    assert "已办好" not in page(client, token).content.decode()


def test_looking_never_counts(client, token):
    for part in ("", "rate/", "call/", "rate/?was_contacted=yes&was_solved=yes&grade=5"):
        client.get(f"/r/{token}/{part}")
        client.head(f"/r/{token}/{part}")
        client.get(f"/r/{token}/{part}", headers={"Sec-Purpose": "prefetch"})
        client.options(f"/r/{token}/{part}")
    assert not FollowUp.objects.exists()
    assert not CallBack.objects.exists()


def test_the_first_verdict_counts_and_the_second_is_answered_kindly(client, desk, token):
    first = client.post(f"/r/{token}/rate/", SENT).content.decode()
    second = client.post(f"/r/{token}/rate/", SENT | {"grade": "1", "was_solved": "no"})

    assert "谢谢您的评价" in first
    assert "您已经评价过了" in second.content.decode()
    assert "非常满意" in second.content.decode()
    assert FollowUp.objects.get().grade == "5"
    assert FollowUp.objects.get().by is None
    assert "评价办得怎么样" not in page(client, token).content.decode()
    assert "提交评价" not in page(client, token, "rate/").content.decode()


def test_a_verdict_is_whole(client, token):
    answer = client.post(f"/r/{token}/rate/", {"grade": "5"})
    assert "请选事情解决了没有" in answer.content.decode()
    assert not FollowUp.objects.exists()


def test_nobody_rates_before_there_is_a_result(client, desk):
    found = make_grievance(desk.world.north, post=desk.clerk, now=desk.now)
    token = link_for(found, now=desk.now)

    answer = client.post(f"/r/{token}/rate/", SENT)

    assert "已收到" in answer.content.decode()
    assert not FollowUp.objects.exists()


def test_a_forged_form_is_refused(token):
    assert Client(enforce_csrf_checks=True).post(f"/r/{token}/rate/", SENT).status_code == 403


def test_wrong_ended_and_replaced_links_read_the_same(client, desk, token):
    ended = make_grievance(desk.world.north, post=desk.clerk, now=desk.now - dt.timedelta(days=90))
    late = link_for(ended, now=desk.now)
    move(ended, "withdraw", desk.clerk, now=desk.now - dt.timedelta(days=61))
    ResidentLink.objects.filter(grievance=desk.found).update(revoked_at=desk.now)

    pages = [page(client, one) for one in ("x" * 43, late, token)]

    assert [answer.status_code for answer in pages] == [404] * 3
    texts = {main_of(answer) for answer in pages}
    assert len(texts) == 1
    assert "12345" in texts.pop()
    assert client.post(f"/r/{token}/rate/", SENT).status_code == 404


def main_of(answer):
    text = answer.content.decode()
    return text[text.index("<main") : text.index("</main>")]


def test_a_restricted_one_says_its_state_and_no_more(client, desk):
    found = make_grievance(desk.world.north, post=desk.clerk, now=desk.now, is_restricted=True)
    token = link_for(found, now=desk.now)

    shown = page(client, token).content.decode()

    assert "正在办" in shown
    assert found.number not in shown
    assert desk.clerk.user.name not in main_of(page(client, token))
    for part, sent in (("rate/", SENT), ("call/", {})):
        client.post(f"/r/{token}/{part}", sent)
    assert not FollowUp.objects.exists()
    assert not CallBack.objects.exists()


def test_a_call_is_asked_for_once(client, token):
    assert "会有人打给您" in client.post(f"/r/{token}/call/", {"words": "楼道灯"}).content.decode()
    assert "您已经请过一次" in client.post(f"/r/{token}/call/", {}).content.decode()
    assert CallBack.objects.count() == 1
    assert "您请我们回电话" in page(client, token).content.decode()


def test_guessing_is_slowed_down_and_so_is_reading_without_end(client, token):
    answers = [page(client, f"{number:043}").status_code for number in range(WRONG_AN_HOUR + 1)]
    assert answers == [404] * WRONG_AN_HOUR + [429]
    looks = [page(client, token).status_code for _ in range(LOOKS_AN_HOUR + 1)]
    assert looks == [200] * LOOKS_AN_HOUR + [429]


def test_the_token_is_in_no_log(token):
    strict, heard = Client(enforce_csrf_checks=True), io.StringIO()
    consoles = [
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(one, HideLinks) for one in handler.filters)
    ]
    assert consoles
    before = [console.setStream(heard) for console in consoles]
    try:
        strict.get(f"/r/{token}/")
        strict.post(f"/r/{token}/rate/", SENT)
        strict.get(f"/r/{token}x/")
        logging.getLogger("django.request").error("Internal Server Error: %s", f"/r/{token}/")
    finally:
        for console, stream in zip(consoles, before, strict=True):
            console.setStream(stream)

    assert "CSRF" in heard.getvalue()
    assert "/r/…/" in heard.getvalue()
    assert token not in heard.getvalue()


def test_the_slip_has_one_name_and_the_link(client, desk, token):
    sign_in(client, desk.clerk)
    url = reverse("grievances:slip", args=[desk.found.number])

    slip = client.get(url)

    assert f"/r/{token}/" in slip.content.decode()
    assert slip["Cache-Control"] == "no-store"
    assert "王秀英" not in slip.content.decode()
    assert f"/r/{token}/" not in client.post(url).content.decode()
    assert page(client, token).status_code == 404


def test_the_handler_gets_no_slip(client, desk):
    sign_in(client, desk.handler)
    assert client.get(reverse("grievances:slip", args=[desk.found.number])).status_code == 403
    sign_in(client, make_post(Role.CLERK, desk.world.gucheng))
    assert client.get(reverse("grievances:slip", args=[desk.found.number])).status_code == 404
