"""``python -m benchmarks --visits 1000000 --households 400000``: load, measure, judge, write."""

import argparse
import contextlib
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from benchmarks import data, pages, report, servers, start, whole
from benchmarks.client import OK, Client, Timing, UnexpectedAnswerError, throughput, timed
from benchmarks.pages import EMPTY, LIST, PAGE, TYPICAL, Row
from benchmarks.whole import inside

SMALL: Final = data.Size(10_000, 4_000, 2_500)
NOT_THERE: Final = {403, 404}
_NEXT: Final = re.compile(r'rel="next" href="(\?[^"]*cursor=[^"]+)"')


@dataclass
class Measured:
    """One row of the result."""

    name: str
    who: str
    floor: str
    path: str
    median: float
    p95: float
    cold: float
    bytes: int
    allowed_queries: int
    limit: float
    queries: int = 0
    ratio: float = 0.0


class Stand:
    """Servers over one data folder, with everybody signed in."""

    def __init__(self, size: data.Size, times: int) -> None:
        self.loaded = data.provide(size)
        self.times = times
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> "Stand":
        folder = self.loaded.folder
        enter = self._closing.enter_context
        self.database = enter(servers.postgres(folder, servers.SERVING))
        broker = enter(servers.broker(folder / "files"))
        self.env = data.environment(self.database, broker, folder / "files")
        data.manage(self.env, "collectstatic", "--noinput", "-v0")
        self.web = enter(servers.web("portal.wsgi:application", self.env, folder / "web.log"))
        self.people = inside("people", self.env)
        self.people[pages.RESIDENT] = [{"session": ""}]
        today = date.today()  # noqa: DTZ011
        year, week, _ = (today - timedelta(days=700)).isocalendar()
        for persons in self.people.values():
            for person in persons:
                person |= {"month": f"{today:%Y-%m}", "old_week": f"{year}-W{week:02d}"}
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.close()

    def clients(self, who: str) -> list[Client]:
        return [Client(self.web.port, session=p["session"]) for p in self.people[who][:TYPICAL]]

    def measure(self, row: Row) -> Measured | None:
        """Each person opens the own page of the row, in turn; nothing when it is not there."""
        persons = [p for p in self.people[row.who][:TYPICAL] if row.path_for(p)]
        clients = [Client(self.web.port, session=p["session"]) for p in persons]
        paths = [quote(row.path_for(person), safe="/?&=:%+-._~") for person in persons]
        timing = Timing()
        try:
            for client, number in zip(clients, range(len(paths)), strict=True):
                answer = client.get(paths[number])
                if answer.status in NOT_THERE:
                    return None
                if answer.status != OK:
                    raise UnexpectedAnswerError(
                        f"{paths[number]}: {answer.status} {answer.location}"
                    )
                timing.cold = timing.cold or answer.ms
                paths[number] = self._turned(client, paths[number], answer.body, row.turns)
                timing.body = max(timing.body, answer.body, key=len)
                if row.turns:
                    clients, paths = clients[:1], paths[:1]
                    break
            for number in range(self.times):
                at = number % len(clients)
                timing.all.append(clients[at].get(paths[at]).ms)
        finally:
            for client in clients:
                client.close()
        size = len(timing.body.encode())
        self.asked.append((row, persons[0]["session"], paths[0]))
        return Measured(row.name, row.who, row.floor, paths[0], timing.median, timing.p95,
                        timing.cold, size, row.queries, row.limit)  # fmt: skip

    asked: list[tuple[Row, str, str]]

    def _turned(self, client: Client, path: str, body: str, turns: int) -> str:
        """The address of a later page."""
        base = path.partition("?")[0]
        for _ in range(turns):
            found = _NEXT.search(body)
            if found is None:
                break
            path = base + found[1].replace("&amp;", "&")
            body = client.get(path).body
        return path

    def pages(self, only: str) -> list[Measured]:
        self.asked = []
        measured = []
        for row in pages.rows():
            if only and not re.search(only, f"{row.name} {row.who}"):
                continue
            try:
                found = self.measure(row)
            except (UnexpectedAnswerError, KeyError) as error:
                print(f"  {row.name} {row.who}: {error}", flush=True)
                continue
            if found:
                measured.append(found)
                print(f"  {row.name:24} {row.who:18} {found.median:7.1f} ms", flush=True)
        counted = inside("queries", self.env, [[key, path] for _, key, path in self.asked])
        for one, count in zip(measured, counted, strict=True):
            one.queries = count["queries"]
        return measured

    def floors(self) -> dict[str, float]:
        """P, L, P′ in milliseconds, and the requests a second of P and P′."""
        env = data.floor_environment(self.database)
        key = inside("floor_sessions", env)
        log = self.loaded.folder / "floor.log"
        with servers.web("benchmarks.floor.wsgi:application", env, log) as floor:

            def signed_in(_number: int = 0) -> Client:
                return Client(floor.port, session=key, cookie="sessionid")

            bare = [signed_in()]
            found = {
                EMPTY: timed(bare, "/plain/", times=5 * self.times, warm=20).median,
                LIST: timed(bare, "/listed/", times=3 * self.times, warm=20).median,
                "P/s": throughput(signed_in, "/plain/", hands=8, seconds=3),
            }
        everybody = [c for who in ("COMMUNITY_WORKER", "LEADER_STREET", "DISTRICT_LEADER")
                     for c in self.clients(who)]  # fmt: skip
        empty = timed(everybody, "/bench/empty/", times=5 * self.times, warm=len(everybody))
        found[PAGE] = empty.median
        found["P'/s"] = throughput(
            lambda n: self.clients("COMMUNITY_WORKER")[n], "/bench/empty/", hands=8, seconds=3
        )
        return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--visits", type=int, default=1_000_000)
    asked.add_argument("--households", type=int, default=400_000)
    asked.add_argument("--users", type=int, default=2_500)
    asked.add_argument("--times", type=int, default=40, help="requests of each page")
    asked.add_argument("--only", default="", help="pages whose name and role match; no comparison")
    asked.add_argument("--parts", default="pages,small,whole,start", help="pages,small,whole,start")
    options = asked.parse_args()
    parts = set(options.parts.split(","))
    size = data.Size(options.visits, options.households, options.users)
    started, load = time.time(), os.getloadavg()
    result: dict[str, Any] = {"size": asdict(size), "started": time.strftime("%Y-%m-%d %H:%M")}
    with Stand(size, options.times) as stand:
        result["loaded"] = asdict(stand.loaded) | {"folder": "", "code": ""}
        floors = stand.floors()
        measured = stand.pages(options.only) if "pages" in parts else []
        after = stand.floors()
        result["floors"], result["floors_after"] = floors, after
        floors = {name: (floors[name] + after[name]) / 2 for name in floors}
        if "whole" in parts:
            result["whole"] = whole.measure(stand, floors)
    if "start" in parts:
        result["whole"] = [*result.get("whole", ()), *start.measure()]
    for one in measured:
        one.ratio = one.median / floors[one.floor]
    result["pages"] = [asdict(one) for one in measured]
    result["empty"] = {"ratio": floors[PAGE] / floors[EMPTY], "limit": pages.EMPTY_LIMIT}
    if "small" in parts and size != SMALL and not options.only:
        with Stand(SMALL, options.times) as stand:
            result["small_floors"] = stand.floors()
            result["small"] = [asdict(one) for one in stand.pages(options.only)]
    result["minutes"] = round((time.time() - started) / 60, 1)
    result["load"] = [load, os.getloadavg()]
    out = Path(os.environ.get("BENCH_RESULTS", data.KEPT / "results"))
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{size.name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))
    text = report.markdown(result)
    (out / f"{size.name}.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
