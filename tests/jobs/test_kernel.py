"""A job is a row: asked for once, done by one worker, never lost, and it says the truth."""

import datetime as dt
import threading
import uuid
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.utils import timezone

from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.celery import app
from portal.core.errors import DomainError
from portal.jobs import files, running, services, tasks
from portal.jobs.models import Job, JobFile, RowProblem
from portal.jobs.running import MOST_ATTEMPTS, JobLostError
from tests.factories.accounts import make_post, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

LATER = dt.timedelta(hours=1)


def on_disk() -> list[Path]:
    return sorted(files.folder().iterdir())


def done(job: Job) -> Job:
    job.refresh_from_db()
    return job


def waiting_messages(ask_for) -> list:
    """What would be sent, were the transaction of the test to end."""
    sent = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "send_task", lambda name, **told: sent.append((name, told["args"])))
        ask_for()
    return sent


def test_the_same_form_twice_is_one_job(ask, admin):
    client_id = uuid.uuid4()

    first = ask(admin, data=b"one", client_id=client_id)
    again = ask(admin, data=b"one", client_id=client_id)

    assert first == again
    assert Job.objects.count() == 1
    assert len(on_disk()) == 1


def test_a_number_of_somebody_elses_form_says_nothing_of_it(ask, admin, world):
    job = ask(admin)

    with pytest.raises(DomainError, match="刷新"):
        ask(make_post(Role.STREET_ADMIN, world.gucheng), client_id=job.client_id)


def test_only_who_may_can_ask(ask, world):
    with pytest.raises(PermissionDenied):
        ask(make_post(Role.COMMUNITY_WORKER, world.north), data=b"x")
    assert not on_disk()


def test_nothing_readable_lies_in_table_or_folder(ask, admin):
    job = ask(admin, data="王秀英,13800131234".encode() * 1000, name="王秀英家.csv")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM jobs_job, jobs_jobfile")
        assert "王秀英" not in str(cursor.fetchall())
    assert all("王秀英".encode() not in path.read_bytes() for path in on_disk())
    assert job.files.get().name == "王秀英家.csv"
    assert done(job).parameters == {"name": "王秀英"}
    assert on_disk()[0].stat().st_mode & 0o077 == 0


def test_a_job_runs_and_says_what_came_of_it(ask, admin, doing):
    job = ask(admin, data=b"table")

    def work(run):
        assert run.open_input().read() == b"table"
        run.report(done=0, total=2)
        run.report(done=2, checkpoint={"row": 2}, counts={"new": 2})
        with run.new_file(JobFile.Role.RESULT, "结果.csv") as out:
            out.write(b"result")
        run.finish("导入 2 户。", bad=1)

    doing.todo = work
    tasks.run_job(job.pk)

    job = done(job)
    assert (job.state, job.done, job.total) == (Job.State.DONE, 2, 2)
    assert job.counts == {"new": 2, "bad": 1}
    assert job.message == "导入 2 户。"
    assert (job.claim, job.lease_until) == (None, None)
    _, stream = services.fetch(
        actor=admin, client_id=job.client_id, role="RESULT", now=timezone.now()
    )
    assert stream.read() == b"result"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions == {"job.ask", "job.finish", "job.fetch"}


def test_a_job_is_done_once_however_often_it_is_told(ask, admin, doing):
    job = ask(admin)

    for _ in range(3):
        tasks.run_job(job.pk)

    assert len(doing.runs) == 1


def test_a_running_job_is_nobody_elses_until_its_lease_is_over(ask, admin):
    job, now = ask(admin), timezone.now()

    first = running.claim(job.pk, now=now)
    assert first is not None
    assert running.claim(job.pk, now=now) is None
    second = running.claim(job.pk, now=now + LATER)
    assert second is not None

    for step in (
        lambda: first.report(done=1),
        lambda: first.finish("好了。"),
        lambda: first.fail("没有"),
        first.give_back,
    ):
        with pytest.raises(JobLostError):
            step()
    with pytest.raises(JobLostError), first.new_file(JobFile.Role.RESULT, "a.csv") as out:
        out.write(b"x")
    assert not on_disk()
    second.finish("好了。")
    assert done(job).state == Job.State.DONE


def test_a_batch_and_its_progress_are_kept_together_or_not_at_all(ask, admin, world):
    job = ask(admin)
    run = running.claim(job.pk, now=timezone.now())
    services.cancel(actor=admin, job_id=job.pk, now=timezone.now())

    def batch() -> None:
        with transaction.atomic():
            world.north.name = "改名"
            world.north.save()
            run.report(done=1, checkpoint={"row": 1})

    with pytest.raises(JobLostError):
        batch()

    world.north.refresh_from_db()
    assert world.north.name == "八角北里社区"
    assert done(job).checkpoint == {}


def test_work_goes_on_where_the_last_batch_ended(ask, admin, doing):
    job = ask(admin)
    seen = []

    def work(run):
        seen.append(dict(run.checkpoint))
        start = run.checkpoint.get("row", 0)
        if start >= 4:
            run.finish("好了。")
            return
        run.report(done=start + 1, total=4, checkpoint={"row": start + 1})
        raise RuntimeError

    doing.todo = work
    for _ in range(5):
        tasks.run_job(job.pk)

    assert seen == [{}, {"row": 1}, {"row": 2}, {"row": 3}, {"row": 4}]
    assert done(job).state == Job.State.DONE


def test_a_job_that_never_gets_anywhere_ends_with_a_true_message(ask, admin, doing):
    job = ask(admin)

    def work(run):
        raise RuntimeError

    doing.todo = work
    for _ in range(MOST_ATTEMPTS + 3):
        tasks.run_job(job.pk)
        tasks.sweep_jobs()

    assert len(doing.runs) == MOST_ATTEMPTS
    assert done(job).state == Job.State.FAILED
    assert f"{MOST_ATTEMPTS} 次" in job.message


def test_a_worker_that_dies_each_time_ends_the_job_too(ask, admin):
    job, now = ask(admin), timezone.now()

    for number in range(MOST_ATTEMPTS):
        assert running.claim(job.pk, now=now + number * LATER)
    assert running.claim(job.pk, now=now + MOST_ATTEMPTS * LATER) is None
    assert running.fail_poisoned(now=now + MOST_ATTEMPTS * LATER) == 1

    assert done(job).state == Job.State.FAILED


def test_what_a_person_can_act_on_is_said_and_not_tried_again(ask, admin, doing):
    job = ask(admin)

    def work(run):
        raise DomainError("请换一个文件。")

    doing.todo = work
    tasks.run_job(job.pk)
    tasks.run_job(job.pk)

    assert (done(job).state, job.message) == (Job.State.FAILED, "请换一个文件。")
    assert len(doing.runs) == 1


def test_a_kind_that_forgets_to_finish_does_not_run_for_ever(ask, admin, doing):
    job = ask(admin)
    doing.todo = doing.runs.append

    tasks.run_job(job.pk)

    assert done(job).state == Job.State.WAITING


@pytest.mark.parametrize("change", ["post over", "role gone", "person out"])
def test_rights_are_those_of_the_moment_it_runs(ask, admin, doing, change):
    job = ask(admin)
    if change == "post over":
        Post.objects.filter(pk=admin.pk).update(until=timezone.localdate())
    elif change == "role gone":
        Post.objects.filter(pk=admin.pk).update(role=Role.OFFICER)
    else:
        admin.user.is_active = False
        admin.user.save()

    tasks.run_job(job.pk)

    assert not doing.runs
    assert done(job).state == Job.State.FAILED


def test_a_cancelled_job_stops_and_says_what_stays(ask, admin):
    job = ask(admin)
    run = running.claim(job.pk, now=timezone.now())
    run.report(done=500, total=2000, checkpoint={"row": 500})

    services.cancel(actor=admin, job_id=job.pk, now=timezone.now())

    assert done(job).state == Job.State.CANCELLED
    assert "500" in job.message
    assert running.claim(job.pk, now=timezone.now() + LATER) is None
    with pytest.raises(DomainError):
        services.cancel(actor=admin, job_id=job.pk, now=timezone.now())


def test_others_cannot_cancel_or_fetch(ask, admin, world):
    job = ask(admin, data=b"x")
    other = make_post(Role.STREET_ADMIN, world.bajiao)

    with pytest.raises(Job.DoesNotExist):
        services.cancel(actor=other, job_id=job.pk, now=timezone.now())
    with pytest.raises(JobFile.DoesNotExist):
        services.fetch(actor=other, client_id=job.client_id, role="INPUT", now=timezone.now())
    same_person = make_post(Role.LEADER, world.north, user=admin.user)
    with pytest.raises(JobFile.DoesNotExist):
        services.fetch(actor=same_person, client_id=job.client_id, role="INPUT", now=timezone.now())


def test_a_draft_waits_for_its_start(ask, admin, doing):
    job = ask(admin, data=b"x", draft=True)
    tasks.run_job(job.pk)
    assert not doing.runs

    services.start(actor=admin, job_id=job.pk, parameters={"a": 1}, now=timezone.now())
    services.start(actor=admin, job_id=job.pk, parameters={"a": 2}, now=timezone.now())
    tasks.run_job(job.pk)

    assert done(job).parameters == {"a": 1}
    assert len(doing.runs) == 1


@pytest.mark.parametrize("draft", [False, True])
def test_nobody_piles_up_work_without_end(ask, admin, draft):
    """Lists that wait for their columns lie there for a week: they count."""
    for _ in range(services.MOST_OPEN):
        ask(admin, data=b"x" if draft else None, draft=draft)
    with pytest.raises(DomainError, match="排队"):
        ask(admin)


def test_files_go_when_their_week_is_over_and_strays_a_day_later(ask, admin, settings):
    job = ask(admin, data=b"x", draft=True)
    RowProblem.objects.create(job=job, row=2, reason="电话不对")
    stray = files.folder() / uuid.uuid4().hex
    stray.write_bytes(b"left by a worker that died")

    services.forget_expired(now=timezone.now() + dt.timedelta(days=2))
    assert (done(job).files.count(), len(on_disk())) == (1, 1)

    services.forget_expired(now=timezone.now() + dt.timedelta(days=8))

    assert not on_disk()
    assert not job.files.exists()
    assert not job.problems.exists()
    assert done(job).state == Job.State.CANCELLED
    assert job.parameters_text == ""


def test_an_expired_file_is_not_handed_out_though_it_still_lies_there(ask, admin):
    job = ask(admin, data=b"x")

    with pytest.raises(JobFile.DoesNotExist):
        services.fetch(
            actor=admin,
            client_id=job.client_id,
            role="INPUT",
            now=timezone.now() + dt.timedelta(days=7),
        )


def test_a_second_file_of_a_role_replaces_the_first(ask, admin, django_capture_on_commit_callbacks):
    job = ask(admin)
    run = running.claim(job.pk, now=timezone.now())
    for text in (b"first", b"second"):
        with (
            django_capture_on_commit_callbacks(execute=True),
            run.new_file(JobFile.Role.RESULT, "a.csv") as out,
        ):
            out.write(text)

    assert files.opened(job.files.get()).read() == b"second"
    assert len(on_disk()) == 1


def test_a_file_whose_writer_fails_is_not_there(ask, admin):
    run = running.claim(ask(admin).pk, now=timezone.now())

    def write_half() -> None:
        with run.new_file(JobFile.Role.RESULT, "a.csv") as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    assert not on_disk()
    assert not JobFile.objects.exists()


def test_the_sweep_tells_of_what_waits_and_of_what_was_dropped(ask, admin):
    fresh = ask(admin, now=timezone.now())
    old, dropped, held = (ask(admin) for _ in range(3))
    running.claim(dropped.pk, now=timezone.now() - LATER)
    running.claim(held.pk, now=timezone.now())

    sent = waiting_messages(tasks.sweep_jobs)

    assert sorted(sent) == [(services.RUN_JOB, [old.pk]), (services.RUN_JOB, [dropped.pk])]
    assert fresh.state == Job.State.WAITING


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_delays_and_never_loses(ask, doing):
    world = make_world()
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
        patched.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
        patched.setattr(app, "_pool", None)
        patched.setattr(app.amqp, "_producer_pool", None)
        began = timezone.now()
        job = ask(admin, data=b"x")
        assert timezone.now() - began < dt.timedelta(seconds=3)
    app._pool = app.amqp._producer_pool = None

    assert Job.objects.get().state == Job.State.WAITING
    tasks.run_job(job.pk)
    assert done(job).state == Job.State.DONE


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_at_once_one_runs_it(ask, doing):
    job = ask(make_post(Role.STREET_ADMIN, make_world().bajiao))
    gate, claimed = threading.Barrier(8), []

    def work() -> None:
        gate.wait()
        try:
            run = running.claim(job.pk, now=timezone.now())
            if run is not None:
                claimed.append(run)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == 1
    assert done(job).attempts == 1


def test_the_beat_sweeps():
    scheduled = {entry["task"] for entry in portal_settings.CELERY_BEAT_SCHEDULE.values()}
    app.loader.import_default_modules()

    assert {tasks.sweep_jobs.name, tasks.forget_expired_files.name} <= scheduled
    assert services.RUN_JOB in app.tasks
