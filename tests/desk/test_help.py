"""The manual says what the code does, to everybody signed in, and shows no resident."""

import pytest
from django.urls import reverse

from contacts import workflow
from contacts.selectors.household_register import YEAR
from contacts.selectors.proposals import REST_DAYS, RULES
from contacts.selectors.week import REFERENCE
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role
from portal.desk import manual
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_category

pytestmark = pytest.mark.django_db


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
