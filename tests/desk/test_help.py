"""The manual says what the code does, to everybody signed in, and shows no resident."""

from pathlib import Path

import pytest
from django.urls import reverse

from contacts import workflow
from contacts.forms.visits import VisitForm
from contacts.selectors.proposal_rule import REST_DAYS, RULES
from contacts.selectors.week import REFERENCE
from contacts.workflow import YEAR
from portal.accounts.models import Reveal
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role
from portal.desk import manual
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_category

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def read(client, world, url, role=Role.COMMUNITY_WORKER):
    sign_in(client, make_post(role, world.district))
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def page_of(role):
    return reverse("desk:help_role", args=[role])


def test_every_role_has_its_manual():
    assert set(manual.MANUALS) == set(Role)
    assert all(m.purpose and m.sees and m.hidden for m in manual.MANUALS.values())


def test_the_addresses_are_readable():
    assert page_of(Role.COMMUNITY_WORKER) == "/help/community-worker/"
    assert reverse("desk:help") == "/help/"


def test_the_index_leads_to_every_page(client, world):
    html = read(client, world, "/help/")

    for url in [page_of(role) for role in Role] + [reverse("desk:help_formulas")]:
        assert f'href="{url}"' in html


@pytest.mark.parametrize("reader", list(Role))
def test_everybody_reads_the_manual(client, world, reader):
    for role in Role:
        assert manual.MANUALS[role].purpose in read(client, world, page_of(role), reader)


def test_an_unknown_role_has_no_page(client, world):
    sign_in(client, make_post(Role.AUDITOR, world.district))

    assert client.get("/help/mayor/").status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_the_page_names_what_the_table_allows_and_nothing_else(client, world, role):
    allowed = client_allowed(client, world, role)

    assert allowed == [
        permission.label
        for permission in Permission
        if role in ROLES[permission] and permission != Permission.USE_PORTAL
    ]


def client_allowed(client, world, role):
    sign_in(client, make_post(Role.AUDITOR, world.district))
    return client.get(page_of(role)).context["allowed"]


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_visit_are_told_how(client, world, role):
    html = read(client, world, page_of(role))

    assert ("一分钟记一次走访" in html) == (role in ROLES[Permission.LOG_HOME_VISIT])
    assert "没有打卡、定位轨迹、拍照要求、积分、排名、在线时长" in html


def test_the_numbers_are_those_of_the_code(client, world):
    worker = read(client, world, page_of(Role.COMMUNITY_WORKER))
    formulas = read(client, world, reverse("desk:help_formulas"))

    assert f"记好{workflow.EDIT_WINDOW.days}天内自己随便改" in worker
    assert f"参考{REFERENCE}户" in formulas
    assert f"距今超过{YEAR.days}天" in formulas
    assert f"{REST_DAYS}天" in formulas
    for rule in RULES:
        assert rule.title in formulas
        assert rule.words in formulas


def test_the_formulas_list_the_categories_that_mean_hardship(client, world):
    make_category("最低生活保障家庭", is_hardship=True)
    make_category("高龄老人", is_hardship=False)

    html = read(client, world, reverse("desk:help_formulas"))

    assert "最低生活保障家庭" in html
    assert "高龄老人" not in html


def test_the_manual_is_for_those_who_sign_in(client):
    assert client.get("/help/").status_code == 302


OWN_CARD = "敲门之前先看门前卡"


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_may_open_the_card_are_told_to_read_it(client, world, role):
    html = read(client, world, page_of(role))

    assert (OWN_CARD in html) == (role in ROLES[Permission.REVEAL_PERSONS])
    if role in {Role.CLERK, Role.DELEGATE}:
        assert "您参加过走访的住户" in html


def test_the_reasons_and_what_they_open_are_named(client, world):
    html = read(client, world, page_of(Role.COMMUNITY_WORKER))

    for label in Reveal.Reason.labels:
        assert label in html
    assert f"{len(Reveal.Reason.labels)}个理由" in html
    assert "30分钟内看得到这一户的全部信息和走访记录" in html


def test_the_auditor_reads_what_the_buttons_do_and_what_to_do_with_a_finding(client, world):
    html = read(client, world, page_of(Role.AUDITOR), Role.AUDITOR)

    for words in (
        "校验",
        "<strong>导出</strong>",
        "封存",
        "校验发现问题怎么办",
        "manage.py verify_audit",
    ):
        assert words in html
    assert "校验发现问题怎么办" not in read(client, world, page_of(Role.LEADER))


#: What something is called on screen → what it must not be called in the texts.
WORDS = {
    "门前卡": "门牌卡",
    "反映的事": "反映事项",
    "找人": "找住户",
    "待转诉求": "待登记",
    "先记要点，回头补记": "勾“待补记”",
}


def test_texts_use_the_words_of_the_screen():
    texts = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    texts += [f for f in (ROOT / "templates" / "help").glob("*.html") if f.name != "style.html"]
    texts += [*(ROOT / "templates" / "desk").glob("*.html"), ROOT / "portal" / "desk" / "manual.py"]
    said = "".join(file.read_text() for file in texts)

    for word, other in WORDS.items():
        assert word in said
        assert other not in said
    assert VisitForm.base_fields["to_complete"].label in said
    assert "写明理由" not in said
