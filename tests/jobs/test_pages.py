"""Pages of background work: what each state says, whose they are, and files as downloads only."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.jobs import running, services
from portal.jobs.models import Job, JobFile
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

LIST = "/reports/exports/"


@pytest.fixture
def job(ask, admin) -> Job:
    return ask(admin, data="王秀英,13800131234".encode(), name="住户名单.csv")


@pytest.fixture
def signed_in(client, admin):
    sign_in(client, admin)
    return client


def address(job: Job, role: str = "") -> str:
    return f"{LIST}{job.client_id}/{role}"


def test_the_list_shows_the_own_jobs_newest_first(signed_in, ask, admin, world):
    first = ask(admin, title="第一个", now=timezone.now() - dt.timedelta(hours=2))
    second = ask(admin, title="第二个")
    ask(make_post(Role.STREET_ADMIN, world.bajiao), title="同事的")

    page = signed_in.get(LIST).content.decode()

    assert page.index("第二个") < page.index("第一个")
    assert "同事的" not in page
    assert address(first) in page
    assert address(second) in page


def test_the_list_needs_no_query_per_job(assert_flat, client, ask, admin, settings):
    sign_in(client, admin)

    assert_flat(LIST, lambda: ask(admin, data=b"x"))


def test_nobody_elses_job_or_file_is_there(client, job, world, admin):
    other = make_post(Role.STREET_ADMIN, world.bajiao)
    elsewhere = make_post(Role.STREET_ADMIN, world.gucheng)
    same_person = make_post(Role.LEADER, world.bajiao, user=admin.user)
    for post in (other, elsewhere, same_person):
        sign_in(client, post)
        for path in (address(job), address(job, "input/"), address(job, "result/")):
            assert client.get(path).status_code == 404
        assert client.post(address(job)).status_code == 404
    job.refresh_from_db()
    assert job.state == Job.State.WAITING


def test_a_file_comes_as_a_download_that_nobody_keeps(signed_in, job):
    answer = signed_in.get(address(job, "input/"))

    assert b"".join(answer.streaming_content).decode() == "王秀英,13800131234"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    event = AuditEvent.objects.get(action="job.fetch")
    assert (event.object_id, event.reason_code) == (str(job.pk), "INPUT")


def test_rights_are_asked_again_at_the_download(signed_in, job, admin):
    Post.objects.filter(pk=admin.pk).update(role=Role.OFFICER)

    assert signed_in.get(address(job, "input/")).status_code == 403
    assert not AuditEvent.objects.filter(action="job.fetch").exists()


@pytest.mark.parametrize("gone", ["expired", "removed", "cut"])
def test_a_file_that_is_gone_is_not_there(signed_in, job, gone):
    from portal.jobs import files  # noqa: PLC0415 -- the folder is the test's

    file = job.files.get()
    if gone == "expired":
        JobFile.objects.update(expires_at=timezone.now())
    elif gone == "removed":
        files.remove(file.stored)
    else:
        files.path_of(file.stored).write_bytes(b"LXF1")

    assert signed_in.get(address(job, "input/")).status_code == 404
    assert signed_in.get(address(job)).status_code == 200


def test_every_state_says_what_is_and_what_to_do(signed_in, job, admin):
    def says() -> str:
        return signed_in.get(address(job)).content.decode()

    assert "排队中" in says()
    run = running.claim(job.pk, now=timezone.now())
    run.report(done=500, total=2000, checkpoint={"row": 500})
    page = says()
    assert 'value="500" max="2000"' in page
    assert "data-watch" in page
    assert "取消任务" in page
    run.give_back()
    assert "已处理的 500 条保留" in says()
    again = running.claim(job.pk, now=timezone.now())
    again.fail("请换一个文件。")
    page = says()
    assert "未完成" in page
    assert "请换一个文件。" in page
    assert "data-watch" not in page
    assert "取消任务" not in page


def test_asked_in_the_background_only_the_part_that_changes(signed_in, job):
    part = signed_in.get(address(job), headers={"X-Background": "1"}).content.decode()

    assert part.lstrip().startswith('<div class="job-status')
    assert "<html" not in part


def test_cancelling_by_the_page(signed_in, job):
    page = signed_in.post(address(job), follow=True).content.decode()

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert "已取消，什么都没有做" in page
    assert "不能再取消" in signed_in.post(address(job), follow=True).content.decode()


def test_a_week_later_the_page_says_that_the_files_are_gone(signed_in, job):
    Job.objects.update(state="DONE", message="好了。")
    services.forget_expired(now=timezone.now() + dt.timedelta(days=8))
    Job.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))

    assert "文件已到期" in signed_in.get(address(job)).content.decode()


def test_an_unknown_job_is_not_there(signed_in):
    assert signed_in.get(f"{LIST}{uuid.uuid4()}/").status_code == 404
