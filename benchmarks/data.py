"""The loaded data folder: kept under var/bench for runs with the same size in the same week."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psycopg2

from benchmarks import servers
from benchmarks.servers import ROOT

KEPT: Final = Path(os.environ.get("BENCH_DIR", ROOT / "var" / "bench"))
FLOOR_ROWS: Final = 1_000_000
_FLOOR_ROWS_SQL: Final = """
INSERT INTO floor_item (title, text, state, number, made_at)
SELECT '第 ' || n || ' 条记录', repeat('走访记录的正文', 20), 'OPEN', n, now() - n * interval '1 minute'
FROM generate_series(1, %s) n
"""


@dataclass(frozen=True)
class Size:
    visits: int
    households: int
    users: int

    @property
    def name(self) -> str:
        return f"{self.visits}-{self.households}-{self.users}"


@dataclass(frozen=True)
class Loaded:
    """A data folder that is whole, and how it was filled."""

    folder: Path
    seconds: float
    log: str
    week: str
    code: str
    megabytes: float


def environment(port: int, redis_port: int, files: Path) -> dict[str, str]:
    """What the portal's processes are started with; the secrets guard invented data only."""
    files.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.portal_settings",
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{port}/portal",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "DATA_DIR": str(files),
        "STATIC_ROOT": str(KEPT / "static"),
        "SECRET_KEY": "bench-only-secret-key-0123456789-0123456789-0123456789",
        "FIELD_KEYS": "b1:" + base64.b64encode(b"b" * 32).decode(),
        "BLIND_INDEX_KEY": "bench-only-blind-index-key-0123456789-0123456789",
        "AUDIT_SEAL_KEY": "bench-only-audit-seal-key-0123456789-0123456789",
    }


def manage(env: dict[str, str], *arguments: str) -> str:
    """A management command's output; its errors end the run."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=env, check=False, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"manage.py {' '.join(arguments)}:\n{done.stdout[-4000:]}")
    return done.stdout


def provide(size: Size, *, fresh: bool = False) -> Loaded:
    """The folder for this size: the kept one, or filled anew."""
    folder = KEPT / size.name
    mark = folder / "whole.json"
    year, week, _ = date.today().isocalendar()  # noqa: DTZ011 -- a folder's age
    wanted = (f"{year}-W{week:02d}", _schema())
    if mark.exists() and not fresh:
        kept = json.loads(mark.read_text())
        if (kept["week"], kept["code"]) == wanted:
            return Loaded(**kept | {"folder": folder})
    shutil.rmtree(folder, ignore_errors=True)
    print(f"filling {size.name} …", flush=True)
    seconds, log = _fill(size, folder)
    megabytes = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    loaded = Loaded(folder, seconds, log, *wanted, round(megabytes))
    mark.write_text(json.dumps(asdict(loaded) | {"folder": ""}))
    return loaded


def _schema() -> str:
    """Changes with the migrations: an older folder would not fit."""
    names = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("*/**/migrations/0*.py")
                   if not {".venv", "node_modules"} & set(p.parts))  # fmt: skip
    return ",".join(name.split("/")[-3] + ":" + Path(name).stem[:4] for name in names)


def _fill(size: Size, folder: Path) -> tuple[float, str]:
    with servers.postgres(folder, servers.LOADING) as port:
        for name in ("portal", "floor"):
            _create(port, name)
        env = environment(port, 1, folder / "files")
        manage(env, "migrate", "--noinput", "-v0")
        started = time.monotonic()
        log = manage(
            env, "load_scale", "--visits", str(size.visits), "--households",
            str(size.households), "--users", str(size.users),
        )  # fmt: skip
        seconds = time.monotonic() - started
        _fill_floor(port)
        _run_sql(port, "portal", "CHECKPOINT")
    return seconds, log


def _create(port: int, name: str) -> None:
    _run_sql(port, "postgres", f"CREATE DATABASE {name}")


def _run_sql(port: int, database: str, *statements: str) -> None:
    connection = psycopg2.connect(f"postgres://postgres@127.0.0.1:{port}/{database}")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def floor_environment(port: int) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.floor.settings",
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{port}/floor",
    }


def _fill_floor(port: int) -> None:
    manage(floor_environment(port), "migrate", "--run-syncdb", "-v0")
    sql = _FLOOR_ROWS_SQL.replace("%s", str(FLOOR_ROWS))
    _run_sql(port, "floor", sql, "VACUUM (ANALYZE) floor_item")
