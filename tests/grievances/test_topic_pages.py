"""The pages of topics: read by everybody of the desk, changed by the district's administrator."""

import pytest
from django.urls import reverse
from django.utils import timezone

from grievances.forms.topics import FIRST_LEVEL
from grievances.models import Topic
from grievances.services import topics as services
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

TREE = "/grievances/topics/"
#: 市政设施 › 道路照明 › 路灯不亮.
LAMPS = "040201"


@pytest.fixture
def shipped(world):
    services.load(services.read(), today=timezone.localdate())


@pytest.fixture
def keeper(client, world, shipped):
    return sign_in(client, make_post(Role.DISTRICT_ADMIN, world.district))


def url(name: str, code: str) -> str:
    return reverse(f"grievances:{name}", args=[code])


def test_the_tree_shows_what_lies_below_each(client, keeper):
    page = client.get(TREE)

    assert page.status_code == 200
    assert "市政设施" in page.text
    assert "道路养护、道路照明" in page.text
    assert page.text.count("row-item") == 15
    assert len(page.content) < 60_000


def test_a_clerk_reads_it_and_is_offered_no_change(client, world, shipped):
    sign_in(client, make_post(Role.CLERK, world.bajiao))

    for address in (TREE, url("topic", LAMPS), url("topic", "04")):
        page = client.get(address).text
        assert "改名、移动" not in page
        assert "加分类" not in page
        assert "加一级分类" not in page
    assert "灯坏了、街上黑" in client.get(url("topic", LAMPS)).text
    assert client.post(url("topic_edit", LAMPS), {"do": "end"}).status_code == 403


def test_queries_do_not_grow_with_the_tree(client, keeper, django_assert_max_num_queries):
    for address in (TREE, url("topic", "04"), url("topic", LAMPS), url("topic_edit", LAMPS)):
        client.get(address)
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_an_empty_tree_says_how_it_is_filled(client, world):
    sign_in(client, make_post(Role.DISTRICT_ADMIN, world.district))

    assert "load_topics" in client.get(TREE).text


def test_a_topic_is_made_where_it_was_asked_for(client, keeper):
    answer = client.post(url("topic_new_below", "0402"), {"name": "灯杆无电", "aliases": "杆没电"})

    assert answer.url == url("topic", "0402")
    made = Topic.objects.get(name="灯杆无电")
    assert (made.code, made.also_called) == ("040205", ["杆没电"])
    assert client.post(f"{TREE}new/", {"name": "其他事项"}).url == TREE
    assert Topic.objects.get(name="其他事项").code == "16"


def test_what_is_refused_stands_beside_its_field_and_stays_typed(client, keeper):
    page = client.post(url("topic_new_below", "0402"), {"name": "路灯不亮"})

    assert page.context["form"].errors["name"] == ["那里已经有“路灯不亮”了，请换一个。"]
    assert 'value="路灯不亮"' in page.text
    page = client.post(url("topic_edit", LAMPS), {"do": "rename", "name": "路灯过亮"})
    assert "这里已经有“路灯过亮”了" in page.text
    page = client.post(url("topic_edit", LAMPS), {"do": "merge", "into": LAMPS})
    assert page.context["forms"]["merge"].errors["into"]
    page = client.post(url("topic_edit", "0402"), {"do": "end"})
    assert "下面还有4个在用的分类" in page.text


def test_each_change_is_made_by_its_own_form(client, keeper):
    edit = url("topic_edit", LAMPS)

    client.post(edit, {"do": "rename", "name": "路灯故障"})
    client.post(edit, {"do": "alias", "aliases": "灯灭了\n灯坏了"})
    client.post(edit, {"do": "move", "parent": "0401"})

    page = client.get(url("topic", LAMPS)).text
    assert "曾用名" in page
    assert "路灯不亮" in page
    assert "灯灭了、灯坏了" in page
    assert "市政设施 › 道路养护 ›" in page
    assert "请选移到哪里" in client.post(edit, {"do": "move", "parent": ""}).text
    client.post(edit, {"do": "move", "parent": FIRST_LEVEL})
    assert Topic.objects.get(code=LAMPS).level == 1
    client.post(edit, {"do": "merge", "into": "040202"})
    page = client.get(url("topic", LAMPS)).text
    assert "已并入" in page
    assert "缺少路灯" in page
    assert "并入本类的" in client.get(url("topic", "040202")).text
    assert "这个分类已停用" in client.get(edit).text
    client.post(url("topic_edit", "040203"), {"do": "end"})
    assert "已停用 1 个" in client.get(url("topic", "0402")).text


def test_what_nobody_offers_is_not_done(client, keeper):
    assert client.post(url("topic_edit", LAMPS), {"do": "erase"}).status_code == 404
    assert client.get(url("topic", "777777")).status_code == 404
    page = client.post(url("topic_edit", LAMPS), {"do": "move", "parent": LAMPS})
    assert page.context["forms"]["move"].errors["parent"]
    assert Topic.objects.get(code=LAMPS).level == 3
