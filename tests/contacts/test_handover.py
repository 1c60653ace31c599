"""The sheet of one person, and handing over what stands on it: all or none, from a day on."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from contacts.models import HouseholdDuty, Matter, Promise, Visit
from contacts.selectors.handover import receivers
from contacts.services.handover import SHEETS_AN_HOUR, hand_over, open_sheet
from portal.accounts.models import Reveal, User
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_user, sign_in
from tests.factories.contacts import make_building, make_household, make_resident, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


def today():
    return timezone.localdate()


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def successor(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def households(world, worker):
    other = make_building(world.north, name="7号楼")
    found = [
        make_household(world.building, worker=worker.user, room="502"),
        make_household(world.building, worker=worker.user, room="503"),
        make_household(other, worker=worker.user, room="504"),
    ]
    make_resident(found[0], name="王秀英")
    return found


def give(admin, worker, receivers, since=None):
    return hand_over(
        actor=admin,
        user_id=worker.user_id,
        receivers={one.pk: to.user_id for one, to in receivers.items()},
        since=since or today(),
        now=timezone.now(),
    )


def who(household, day=None):
    duty = HouseholdDuty.objects.filter(household=household).in_force(day or today()).first()
    return duty and duty.user_id


def test_nothing_goes_to_somebody_who_cannot_sign_in(admin, worker, successor, households):
    other = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    successor.user.set_unusable_password()
    successor.user.save()

    with pytest.raises(DomainError) as refusal:
        give(admin, worker, {households[0]: other, households[1]: successor})

    assert refusal.value.field == "receiver"
    assert not HouseholdDuty.objects.exclude(user=worker.user).exists()


def test_several_colleagues_take_over_from_a_day_on(admin, worker, successor, households, world):
    third = make_post(Role.COMMUNITY_WORKER, world.north)
    starts = today() + 7 * DAY
    first, second, last = households

    assert give(admin, worker, {first: successor, second: successor, last: third}, starts) == 3

    assert [who(one) for one in households] == [worker.user_id] * 3
    assert [who(one, starts) for one in households] == [
        successor.user_id,
        successor.user_id,
        third.user_id,
    ]
    assert Visit.objects.count() == 0
    rows = AuditEvent.objects.filter(action__in=["household.hand_over", "household.assign_duty"])
    assert rows.count() == 4


def test_the_credit_stays(admin, worker, successor, households):
    visit = make_visit(households[0], post=worker)
    give(admin, worker, {households[0]: successor})
    visit.refresh_from_db()
    assert visit.author_id == worker.user_id
    assert [person.user_id for person in visit.people.all()] == [worker.user_id]


def test_all_or_none(admin, worker, successor, households, world):
    stranger = make_post(Role.COMMUNITY_WORKER, world.south)

    with pytest.raises(DomainError, match="岗位"):
        give(admin, worker, {households[0]: successor, households[1]: stranger})

    assert [who(one) for one in households] == [worker.user_id] * 3


@pytest.mark.parametrize(("days", "words"), [(-1, "已经过去"), (400, "提前一年")])
def test_the_day_lies_within_a_year(admin, worker, successor, households, days, words):
    with pytest.raises(DomainError, match=words):
        give(admin, worker, {households[0]: successor}, today() + days * DAY)


def test_nobody_hands_over_to_the_same_person_or_nothing(admin, worker, households):
    with pytest.raises(DomainError, match="本人"):
        give(admin, worker, {households[0]: worker})
    with pytest.raises(DomainError, match="至少选一户"):
        give(admin, worker, {})


def test_only_in_the_own_place_and_with_the_right(admin, worker, successor, households, world):
    with pytest.raises(PermissionDenied):
        give(worker, worker, {households[0]: successor})
    elsewhere = make_post(Role.STREET_ADMIN, world.gucheng)
    assert give(elsewhere, worker, {households[0]: successor}) == 0
    assert who(households[0]) == worker.user_id
    assert not AuditEvent.objects.filter(action="household.hand_over").exists()


def test_of_accounts_elsewhere_nothing_is_told(admin, worker, households, world):
    """Whether somebody can sign in is told of whom the household may go to, of nobody else."""
    told = set()
    for usable in (True, False):
        stranger = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)
        if not usable:
            stranger.user.set_unusable_password()
            stranger.user.save()
        with pytest.raises(DomainError) as refused:
            give(admin, worker, {households[0]: stranger})
        told.add(refused.value.message)

    assert len(told) == 1
    assert "岗位" in told.pop()


def test_what_the_person_does_not_answer_for_any_more_is_left_alone(
    admin, worker, successor, households, world
):
    HouseholdDuty.objects.filter(household=households[0]).delete()
    third = make_post(Role.COMMUNITY_WORKER, world.north)
    HouseholdDuty.objects.create(household=households[0], user=third.user, since=today() - 3 * DAY)

    assert give(admin, worker, dict.fromkeys(households, successor)) == 2
    assert who(households[0]) == third.user_id


def sheet_of(client, person):
    return client.get(f"/contacts/handover/{person.user_id}/")


def test_the_sheet_lists_what_goes_along_masked(client, admin, worker, households):
    visit = make_visit(
        households[0], post=worker, text="秀英身体好。", next_step="帮王秀英换灯",
        next_step_on=today() - DAY,
    )  # fmt: skip
    Promise.objects.create(
        household=households[0], visit=visit, text="给王秀英送药 13800131234", due_on=today()
    )
    Matter.objects.create(
        visit=visit, position=1, text="王秀英家漏水", outcome=Matter.Outcome.ESCALATED
    )
    sign_in(client, admin)

    page = sheet_of(client, worker).content.decode()

    assert "负责的住户（3 户）" in page
    for heading in ("没兑现的承诺（1）", "没做完的下一步（1）", "待转诉求（1）"):
        assert heading in page
    assert "王秀英" not in page
    assert "13800131234" not in page
    assert "502室" not in page


@pytest.mark.parametrize("on_paper", [False, True])
def test_a_matter_that_waits_is_not_overdue(client, admin, worker, households, on_paper):
    visit = make_visit(households[0], post=worker, occurred_at=timezone.now() - 9 * DAY)
    Matter.objects.create(
        visit=visit, position=1, text="楼道漏水", outcome=Matter.Outcome.ESCALATED
    )
    sign_in(client, admin)
    url = f"/contacts/handover/{worker.user_id}/"

    page = client.post(url, {"print": "1"}) if on_paper else client.get(url)

    assert "待转诉求（1）" in page.text
    assert "已过期" not in page.text
    make_visit(households[0], post=worker, next_step="再来", next_step_on=today() - DAY)
    assert sheet_of(client, worker).text.count("已过期") == 1


def test_what_went_along_with_a_household_is_not_listed_with_the_old_colleague(
    client, admin, worker, successor, households, world
):
    free = make_household(world.building)  # nobody answers for it
    for home in (households[0], free):
        visit = make_visit(home, post=worker, next_step=f"再来{home.pk}号")
        Matter.objects.create(
            visit=visit, position=1, text="楼道漏水", outcome=Matter.Outcome.ESCALATED
        )
    sign_in(client, admin)

    def listed():
        sheet = sheet_of(client, worker).context["sheet"]
        assert sheet.next_steps.count == sheet.matters.count
        return [(one.address, one.text) for one in sheet.next_steps.lines]

    place = f"{world.north.name} {world.building.name}"
    both = [(place, f"再来{households[0].pk}号"), (place, f"再来{free.pk}号")]
    assert listed() == both
    give(admin, worker, dict.fromkeys(households, successor), today() + DAY)
    assert listed() == both
    HouseholdDuty.objects.all().delete()
    for home in households:
        HouseholdDuty.objects.create(household=home, user=successor.user, since=today())
    assert listed() == both[1:]
    assert "随户转给别人的，在现在的走访责任人那里" in sheet_of(client, worker).text


def test_the_page_hands_over_by_building(client, admin, worker, successor, households, world):
    third = make_post(Role.COMMUNITY_WORKER, world.north)
    sign_in(client, admin)
    starts = today() + DAY
    told = {
        "since": str(starts),
        "receiver": successor.user_id,
        f"building_{households[2].building_id}": third.user_id,
        "households": [households[0].pk, households[2].pk],
    }

    answer = client.post(f"/contacts/handover/{worker.user_id}/", told, follow=True)

    assert "已移交 2 户" in answer.content.decode()
    assert who(households[0], starts) == successor.user_id
    assert who(households[1], starts) == worker.user_id
    assert who(households[2], starts) == third.user_id
    assert f"{starts} 起由{third.user.name}接手" in answer.content.decode()


def test_an_incomplete_form_keeps_what_was_ticked(client, admin, worker, households):
    sign_in(client, admin)
    answer = client.post(
        f"/contacts/handover/{worker.user_id}/",
        {"since": str(today()), "alike": [households[2].building_id]},
    )
    page = answer.content.decode()
    assert "请选择由谁接手" in page
    assert page.count("checked") == 1
    assert "请至少选一户" in client.post(answer.request["PATH_INFO"], {"since": today()}).text


def test_paper_leaves_a_line_in_the_trail(client, admin, worker, households):
    sign_in(client, admin)
    page = client.post(f"/contacts/handover/{worker.user_id}/", {"print": "1"})
    assert "工作移交清单" in page.content.decode()
    row = AuditEvent.objects.get(action="handover.print")
    assert row.object_id == str(worker.user_id)


def test_the_paper_holds_all_and_the_screen_says_how_many_more(
    client, admin, worker, households, monkeypatch
):
    monkeypatch.setattr("contacts.selectors.handover.MOST", 2)
    for number in range(5):
        visit = make_visit(households[0], post=worker, next_step=f"修第{number}盏灯")
        Promise.objects.create(
            household=households[0], visit=visit, text=f"送第{number}次药", due_on=today()
        )
        Matter.objects.create(
            visit=visit, position=1, text=f"第{number}处漏水", outcome=Matter.Outcome.ESCALATED
        )
    sign_in(client, admin)
    url = f"/contacts/handover/{worker.user_id}/"

    screen, paper = client.get(url).content.decode(), client.post(url, {"print": "1"})

    for heading in ("没兑现的承诺（5）", "没做完的下一步（5）", "待转诉求（5）"):
        assert heading in screen
        assert heading in paper.content.decode()
    assert screen.count("另有 3 件") == 3
    assert "另有" not in paper.content.decode()
    for number in range(5):
        for text in (f"修第{number}盏灯", f"送第{number}次药", f"第{number}处漏水"):
            assert text in paper.content.decode()


def test_somebody_of_another_street_is_not_found(client, admin, world):
    stranger = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)
    sign_in(client, admin)
    assert sheet_of(client, stranger).status_code == 404
    assert client.get(f"/contacts/handover/{User.objects.count() + 999}/").status_code == 404


def test_the_sheet_is_flat(client, admin, worker, assert_flat, world):
    sign_in(client, admin)

    def add():
        visit = make_visit(
            make_household(make_building(world.north), worker=worker.user), post=worker,
            next_step="再来",
        )  # fmt: skip
        make_resident(visit.household)
        Promise.objects.create(household=visit.household, visit=visit, text="送药", due_on=today())

    assert_flat(f"/contacts/handover/{worker.user_id}/", add, at_most=26)


def test_what_is_planned_already_is_not_ticked(client, admin, worker, successor, households):
    starts = today() + DAY
    sign_in(client, admin)
    open_sheet(actor=admin, person=worker.user, reason="CHECK", now=timezone.now())
    url = f"/contacts/handover/{worker.user_id}/"
    client.post(
        url,
        {"since": str(starts), "receiver": successor.user_id, "households": [households[0].pk]},
    )

    page = client.get(url)

    ticked = page.context["form"]["households"].value()
    assert households[0].pk not in ticked
    assert set(ticked) == {one.pk for one in households[1:]}


def test_who_ends_a_post_sees_what_nobody_would_answer_for(client, world):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    make_household(world.building, worker=worker.user)
    free = make_post(Role.COMMUNITY_WORKER, world.north)
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    page = client.get(f"/accounts/posts/{worker.pk}/end/").text

    assert f"{worker.user.name}还负责 1 户" in page
    assert f'href="/contacts/handover/{worker.user_id}/"' in page
    assert "还负责" not in client.get(f"/accounts/posts/{free.pk}/end/").text


def reveal_on(client, person, **told):
    return client.post(
        f"/contacts/handover/{person.user_id}/", {"reveal": "1", **told}, follow=True
    )


def test_a_reason_opens_the_sheet_in_the_order_of_the_stairs(
    client, admin, worker, households, world
):
    make_household(world.building, worker=worker.user, room="101")
    unasked = make_household(world.building, room="102")
    sign_in(client, admin)
    assert "502室" not in sheet_of(client, worker).text

    page = reveal_on(client, worker, reason="COVER", note="交接").text

    assert "4 户对您开放到" in page
    assert "王秀英" in page
    assert page.index("101室") < page.index("502室") < page.index("503室") < page.index("504室")
    assert "102室" not in page
    opened = Reveal.objects.filter(post=admin, reason="COVER")
    assert opened.count() == 4
    assert not opened.filter(subject_id=unasked.pk).exists()
    for one in households:
        row = AuditEvent.objects.about("contacts.household", one.pk).get(action="household.reveal")
        assert (row.post_id, row.reason_code) == (admin.pk, "COVER")
    assert AuditEvent.objects.get(action="handover.reveal").object_id == str(worker.user_id)


def test_without_a_reason_nothing_opens(client, admin, worker, households):
    sign_in(client, admin)
    page = reveal_on(client, worker).text
    assert "请选择查看的理由" in page
    assert "502室" not in page
    assert not Reveal.objects.exists()


def test_a_reason_opens_nothing_outside_the_place_and_needs_the_right(
    client, world, worker, households
):
    elsewhere = make_post(Role.STREET_ADMIN, world.gucheng)
    sign_in(client, elsewhere)
    assert reveal_on(client, worker, reason="COVER").status_code == 404
    assert open_sheet(actor=elsewhere, person=worker.user, reason="COVER", now=timezone.now()) == []
    with pytest.raises(PermissionDenied):
        open_sheet(actor=worker, person=worker.user, reason="COVER", now=timezone.now())
    assert not Reveal.objects.exists()


def test_a_reason_is_of_one_post(client, admin, world, worker, households):
    open_sheet(actor=admin, person=worker.user, reason="COVER", now=timezone.now())
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    page = sheet_of(client, worker).text
    assert "502室" not in page
    assert "王秀英" not in page


def test_what_is_open_already_is_not_opened_again(admin, worker, households):
    now = timezone.now()
    assert len(open_sheet(actor=admin, person=worker.user, reason="COVER", now=now)) == 3
    assert open_sheet(actor=admin, person=worker.user, reason="COVER", now=now) == []
    later = now + dt.timedelta(minutes=31)
    assert len(open_sheet(actor=admin, person=worker.user, reason="COVER", now=later)) == 3


def test_the_hour_has_few_sheets(client, admin, worker, households):
    now = timezone.now()
    for _ in range(SHEETS_AN_HOUR):
        open_sheet(actor=admin, person=worker.user, reason="COVER", now=now)
    Reveal.objects.all().delete()
    sign_in(client, admin)

    page = reveal_on(client, worker, reason="COVER").text

    assert "一小时内最多看清" in page
    assert "502室" not in page
    assert not Reveal.objects.exists()
    open_sheet(actor=admin, person=worker.user, reason="COVER", now=now + 2 * DAY)


def test_whole_buildings_go_without_a_reason(client, admin, worker, successor, households):
    give(admin, worker, {households[1]: successor}, today() + DAY)
    sign_in(client, admin)
    url = f"/contacts/handover/{worker.user_id}/"
    assert f"1 户 {today() + DAY} 起由{successor.user.name}接手" in client.get(url).text
    told = {
        "since": today(),
        "receiver": successor.user_id,
        "alike": [households[0].building_id],
    }

    assert "已移交 1 户" in client.post(url, told, follow=True).text

    # What was planned for tomorrow stays so, and the other building was not ticked.
    assert [who(one) for one in households] == [
        successor.user_id,
        worker.user_id,
        worker.user_id,
    ]


def test_what_was_ticked_in_full_is_handed_over_after_the_reason_ran_out(
    client, admin, worker, successor, households
):
    sign_in(client, admin)
    told = {"since": today(), "receiver": successor.user_id, "households": [households[0].pk]}
    page = client.post(f"/contacts/handover/{worker.user_id}/", told, follow=True)
    assert "已移交 1 户" in page.text
    assert who(households[0]) == successor.user_id


def test_the_sheet_says_from_which_post_the_households_come(
    client, admin, world, worker, households
):
    sign_in(client, admin)
    assert "按岗位" not in sheet_of(client, worker).text
    make_post(Role.LEADER, world.south, user=worker.user, title="副书记")
    make_household(make_building(world.south), worker=worker.user)

    page = sheet_of(client, worker).text

    assert "按岗位：八角北里社区 社区工作者 3 户；八角南里社区 副书记 1 户。" in page


def test_a_post_outside_the_place_is_not_named(client, world, worker, households):
    make_post(Role.OFFICER, world.section, user=worker.user, title="城管科员")
    sign_in(client, make_post(Role.LEADER, world.north))

    page = sheet_of(client, worker).text

    assert "其他单位的岗位 3 户" in page
    assert "城管科员" not in page


def test_what_no_post_reaches_is_said(client, admin, world, worker, households):
    make_household(make_building(world.south), worker=worker.user)
    sign_in(client, admin)
    assert "现任岗位管不到的 1 户" in sheet_of(client, worker).text


def test_only_who_can_sign_in_is_offered_and_with_the_full_place(client, admin, world, worker):
    able = make_post(Role.COMMUNITY_WORKER, world.north)
    make_household(world.building, worker=worker.user)
    without = make_user(name="没有密码")
    without.set_unusable_password()
    without.save()
    closed = make_user(name="已停用", is_active=False)
    for user in (without, closed):
        make_post(Role.COMMUNITY_WORKER, world.north, user=user)
    in_grid = make_post(Role.LEADER, world.grid, title="党员骨干")
    sign_in(client, admin)

    page = sheet_of(client, worker).text

    assert f"{able.user.name}（{world.north.name} 社区工作者）" in page
    assert f"{in_grid.user.name}（{world.north.name}{world.grid.name} 党员骨干）" in page
    assert "没有密码" not in page
    assert "已停用" not in page


def test_workers_of_the_own_community_are_offered_first_and_leaders_last(admin, world, worker):
    roles = (
        (Role.LEADER, world.bajiao, "办事处副主任"),
        (Role.LEADER, world.north, "社区党委书记"),
        (Role.OFFICER, world.section, "机关干部"),
        (Role.COMMUNITY_WORKER, world.south, "别的社区"),
        (Role.COMMUNITY_WORKER, world.grid, "网格员"),
    )
    posts = [make_post(role, place, title=title) for role, place, title in roles]

    found = receivers(post=admin, person=worker.user, today=today())

    assert [pk for pk, _words in found] == [posts[i].user_id for i in (4, 3, 2, 1, 0)]
