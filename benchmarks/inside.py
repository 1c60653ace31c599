"""What has to happen inside Django: ``python -m benchmarks.inside TASK`` reads and prints JSON."""

import csv
import io
import json
import os
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import django

django.setup()

from django.conf import settings  # noqa: E402 -- after setup
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

#: Users of one role that get a session: 13 roles, more than 200 in all.
PER_ROLE: Final = 40


def floor_sessions(_asked: Any) -> Any:
    """A signed-in user of the floor."""
    from django.contrib.auth.models import User  # noqa: PLC0415, TID251 -- the floor's own

    user, _ = User.objects.get_or_create(username="floor")
    return _session(user, "django.contrib.auth.backends.ModelBackend")


def _session(user: Any, backend: str, **more: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    for name, value in more.items():
        session[name] = value
    session.create()
    return str(session.session_key)


def people(_asked: Any) -> Any:
    """Signed-in users of every role, and records that each of them may open."""
    from portal.accounts.middleware import SECOND_FACTOR_KEY  # noqa: PLC0415
    from portal.accounts.models import Post  # noqa: PLC0415
    from portal.accounts.roles import Role  # noqa: PLC0415

    found: dict[str, list[dict[str, Any]]] = {}
    for role in Role:
        posts = Post.objects.filter(role=role).with_places().select_related("user")
        chosen = list(posts.order_by("pk")[:PER_ROLE])
        if role == Role.LEADER:
            streets = posts.filter(organisation__kind="STREET")[:PER_ROLE]
            found["LEADER_STREET"] = [_person(post, SECOND_FACTOR_KEY) for post in streets]
            chosen = list(posts.filter(organisation__kind="COMMUNITY")[:PER_ROLE])
        found[role] = [_person(post, SECOND_FACTOR_KEY) for post in chosen]
    found["FORTY"] = [one for one in found["COMMUNITY_WORKER"] if one["name"] == "scale.forty"]
    found["COMMUNITY_WORKER"] = [
        one for one in found["COMMUNITY_WORKER"] if one["name"] != "scale.forty"
    ]
    return found


def _person(post: Any, second_factor: str) -> dict[str, Any]:
    from contacts.models import Household, Visit  # noqa: PLC0415

    backend = "portal.accounts.adapters.SignInBackend"
    key = _session(post.user, backend, **{second_factor: post.user_id})
    visit = Visit.objects.visible_to(post).exclude(text="").order_by("-occurred_at").first()
    own = Household.objects.own(post) if post.role == "COMMUNITY_WORKER" else None
    home = (own or Household.objects.visible_to(post)).in_use().order_by("pk").first()
    return {
        "name": post.user.username,
        "session": key,
        "code": post.organisation.code,
        "visit": str(visit.client_id) if visit else "",
        "household": home.pk if home else 0,
        "building": home.building_id if home else 0,
        "building_code": home.building.code if home else "",
        "grid": home.grid_id if home else 0,
        "community": home.community_id if home else 0,
        "street": home.street_id if home else 0,
    }


def queries(asked: list[list[str]]) -> Any:
    """For each (session, path): the number of queries and the bytes of HTML."""
    counted = []
    for key, path in asked:
        client = Client(HTTP_HOST="127.0.0.1")
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        client.get(path, secure=True)  # caches of the process are warm
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path, secure=True)
        longest = max(captured, key=lambda q: float(q["time"]), default={"time": "0", "sql": ""})
        counted.append(
            {
                "path": path,
                "status": response.status_code,
                "queries": len(captured),
                "bytes": len(response.content),
                "slowest": [longest["time"], longest["sql"][:3000]],
                "all": [[q["time"], q["sql"][:400]] for q in captured],
            }
        )
    return counted


def writer(asked: dict[str, Any]) -> Any:
    """W: a server cursor and the bare writer of the same number of rows and columns."""
    from portal.core.sheets.writing import Column, write_xlsx  # noqa: PLC0415

    rows, columns = asked["rows"], asked["columns"]
    fields = ", ".join(["id::text", "occurred_on::text", "kind", "channel", "result",
                        "left(text, 120)"] * (columns // 6 + 1))  # fmt: skip
    connection.ensure_connection()
    raw = connection.connection
    started = time.perf_counter()
    with raw.cursor("bench", withhold=True) as cursor:
        cursor.itersize = 2000
        cursor.execute(f"SELECT {fields} FROM contacts_visit LIMIT {rows}")  # noqa: S608
        found = (row[:columns] for row in cursor)
        with Path(os.devnull).open("wb") as out:
            if asked["kind"] == "csv":
                csv.writer(io.TextIOWrapper(out)).writerows(found)
            else:
                write_xlsx(out, [Column(str(n)) for n in range(columns)], found)
    return {"seconds": time.perf_counter() - started}


def export(asked: dict[str, Any]) -> Any:
    """A list of a whole district as its job writes it; seconds and megabytes above idle."""
    from portal.accounts.models import Post  # noqa: PLC0415
    from portal.core.sheets.writing import write  # noqa: PLC0415
    from portal.jobs import exports  # noqa: PLC0415

    posts = Post.objects.filter(role="DISTRICT_LEADER").with_places().select_related("user")
    opens = exports.get(asked["list"]).open
    listing = opens(posts.order_by("pk")[0], QueryDict(), timezone.now())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    written = 0

    def rows() -> Iterator[Any]:
        nonlocal written
        for row in islice(iter(listing.rows()), asked["rows"]):
            written += 1
            yield row

    with Path(os.devnull).open("wb") as out:
        write(asked["kind"], out, listing.columns, rows())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows": written,
        "seconds": time.perf_counter() - started,
        "columns": len(listing.columns),
        "megabytes": (after - before) / 1024,
    }


def import_list(asked: dict[str, Any]) -> Any:
    """Seconds of checking and of writing a list of new households of a street, as its jobs do.

    In a transaction that is taken back: the register is as long as it is, and stays so. What a
    commit would check is checked before.
    """
    from contacts.services.household_import import CHECK, IMPORT  # noqa: PLC0415
    from portal.accounts.models import Post  # noqa: PLC0415

    posts = Post.objects.filter(role="STREET_ADMIN").with_places().select_related("user")
    post = posts.order_by("pk")[0]
    book = _book(post, asked["rows"])
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        settings.JOB_FILES = Path(folder)
        for name, kind in (("check", CHECK), ("write", IMPORT)):
            started = time.perf_counter()
            job = _worked(post, kind, book)
            connection.check_constraints()
            found[name] = time.perf_counter() - started
            if job.counts.get("new") != asked["rows"]:
                raise RuntimeError(f"{job.message} {list(job.problems.values('reason')[:3])}")
        transaction.set_rollback(True)
    return found


def _book(post: Any, rows: int) -> io.BytesIO:
    """A list as a street keeps it: two people behind each new door of fifty buildings."""
    from portal.accounts.models import Organisation  # noqa: PLC0415
    from portal.core.sheets.writing import Column, write_xlsx  # noqa: PLC0415

    places = Organisation.objects.visible_to(post).in_force(timezone.localdate())
    places = places.filter(kind="BUILDING").order_by("pk").values_list("community__name", "name")
    doors = [[*place, "9", str(9000 + n)] for n in range(rows) for place in places[:50]]
    people = ([*doors[n // 2], f"张{chr(0x4E00 + n // 2)}{'甲乙'[n % 2]}", f"138{n:08}",
               f"{1940 + n % 70}-01-02"] for n in range(rows))  # fmt: skip
    titles = ("社区", "楼栋", "单元", "室", "姓名", "电话", "出生日期")
    book = io.BytesIO()
    write_xlsx(book, [Column(title) for title in titles], people)
    return book


def _worked(post: Any, kind: str, book: io.BytesIO) -> Any:
    """The job of a list after a worker has done it."""
    from contacts.services.household_import_columns import LAYOUT  # noqa: PLC0415
    from portal.core.sheets.reading import MOST_ROWS, read_table  # noqa: PLC0415
    from portal.jobs import running, services  # noqa: PLC0415

    upload = io.BytesIO(book.getvalue())
    upload.name = "住户.xlsx"
    head, now = LAYOUT.read_head(read_table(upload), most=MOST_ROWS), timezone.now()
    upload.seek(0)
    told = {"columns": LAYOUT.guess(head.titles), "heading": head.heading, "total": head.total,
            "make_buildings": False, "overwrite": False}  # fmt: skip
    job = services.ask(actor=post, kind=kind, title="导入住户", parameters=told,
                       client_id=uuid.uuid4(), now=now, upload=upload)  # fmt: skip
    run = running.claim(job.pk, now=now)
    if run is None:
        raise RuntimeError("Another worker has taken the list.")
    running.work(run)
    job.refresh_from_db()
    return job


def reconcile(_asked: Any) -> Any:
    """How many figures plain SQL does not confirm, and what the trail's check finds."""
    from portal.audit.selectors import verify  # noqa: PLC0415
    from portal.metrics.reconciling import reconcile as differences  # noqa: PLC0415

    started = time.perf_counter()
    found = [f"{one}" for one in differences(today=timezone.localdate())]
    middle = time.perf_counter()
    report = verify()
    return {
        "differences": len(found),
        "examples": found[:5],
        "seconds": middle - started,
        "trail_problems": len(report.problems),
        "trail_rows": report.sealed + report.unsealed,
        "trail_seconds": time.perf_counter() - middle,
    }


def explain(asked: list[str]) -> Any:
    """EXPLAIN (ANALYZE, BUFFERS) of the slowest query of a page."""
    [counted] = queries([asked])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {counted['slowest'][1]}")
        return [counted["slowest"][1], *[row[0] for row in cursor.fetchall()]]


TASKS: Final[dict[str, Callable[[Any], Any]]] = {
    task.__name__: task
    for task in (
        floor_sessions,
        people,
        queries,
        writer,
        export,
        import_list,
        reconcile,
        explain,
    )
}

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(TASKS[sys.argv[1]](asked), sys.stdout)
