"""What is more than one page: saving, bytes on the wire, exports, the truth of the figures."""

import gzip
import json
import re
import statistics
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from benchmarks import data
from benchmarks.client import OK, Client, UnexpectedAnswerError, form_with
from benchmarks.pages import PAGE

if TYPE_CHECKING:
    from benchmarks.__main__ import Stand

SAVED: Final = 302
_ASSET: Final = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_IMPORT: Final = re.compile(r'(?:from|import)\s*"(\.[^"]+)"|url\("?([^")]+)"?\)')
TIMES: Final = 30
EXPORTED: Final = 200_000
IMPORTED: Final = 5_000
PROXY_GZIP: Final = 5


def measure(stand: "Stand", floors: dict[str, float]) -> list[dict[str, Any]]:
    """Every row; a step that is not possible yet says so and counts as missed."""
    rows = []
    for step in (_reconcile, _save_visit, _wire, _exports, _import):
        try:
            rows += step(stand, floors)
        except (UnexpectedAnswerError, RuntimeError, KeyError, SystemExit) as error:
            print(f"  {step.__name__}: {error}", file=sys.stderr)
            rows.append(
                _row(step.__name__.strip("_"), 1, 0.5, "not measured", "", error=str(error))
            )
    return rows


def _row(name: str, value: float, limit: float, words: str, limit_words: str, **more: Any) -> Any:
    return {"name": name, "value": value, "limit": limit, "words": words,
            "limit_words": limit_words, **more}  # fmt: skip


def _save_visit(stand: "Stand", floors: dict[str, float]) -> list[Any]:
    """Only the saving is timed: opening the form is a page of its own."""
    taken = []
    for person in stand.people["COMMUNITY_WORKER"][:TIMES]:
        client = Client(stand.web.port, session=person["session"])
        path = f"/contacts/visits/new/?household={person['household']}"
        fields = _filled(form_with(client.get(path).body, "m-TOTAL_FORMS"))
        answer = client.post("/contacts/visits/new/", fields)
        if answer.status != SAVED:
            found = re.findall(r"(?s)invalid-feedback[^>]*>(.*?)<", answer.body)
            raise UnexpectedAnswerError(f"saving answered {answer.status} {found}")
        taken.append(answer.ms)
        client.close()
    median = statistics.median(taken)
    ratio = median / floors[PAGE]
    words = f"{median:.1f} ms = {ratio:.2f} × P′, p95 {sorted(taken)[int(len(taken) * 0.95)]:.1f}"
    return [_row("记走访，两件事（POST）", ratio, 5, words, "5 × P′")]


def _filled(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The form as somebody sends it who met the people and heard of two matters."""
    said = {
        "result": "MET",
        "text": f"到家里坐了坐，说了两件事。{uuid.uuid4()}",
        "m-0-text": "楼道灯不亮，请尽快修好",
        "m-0-outcome": "SOLVED",
        "m-1-text": "电梯停运，老人上下楼困难",
        "m-1-outcome": "EXPLAINED",
    }
    kept = [(name, value) for name, value in fields if name not in said]
    total = max(2, int(dict(fields)["m-TOTAL_FORMS"]))
    kept = [(n, str(total) if n == "m-TOTAL_FORMS" else v) for n, v in kept]
    return [*kept, *said.items()]


def _wire(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    """The first page a browser loads with everything on it, and the same page again."""
    [client] = stand.clients("COMMUNITY_WORKER")[:1]
    page = client.get("/")
    if page.status != OK:
        raise UnexpectedAnswerError(f"/ answered {page.status}")
    # As the reverse proxy sends it (deploy/nginx.conf).
    sent = len(gzip.compress(page.body.encode(), PROXY_GZIP))
    total, seen, todo = sent, set(), list(_ASSET.findall(page.body))
    while todo:
        address = todo.pop()
        if address in seen or address.startswith("data:"):
            continue
        seen.add(address)
        answer = client.get(address)
        total += answer.bytes
        if address.endswith((".js", ".css")):
            found = (a or b for a, b in _IMPORT.findall(answer.body))
            todo += [urljoin(address, one) for one in found if not one.startswith("data:")]
    return [
        _row("第一页连同全部文件", total / 1000, 350, f"{total / 1000:.0f} KB", "350 KB"),
        _row("再次打开", sent / 1000, 30, f"{sent / 1000:.0f} KB", "30 KB"),
    ]


def _exports(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    """The longest lists of a district as files, against the bare writer of as many cells."""
    return [
        row
        for key, title in (("visits", "三访记录"), ("households", "住户"))
        for kind in ("csv", "xlsx")
        for row in _export(stand, key, f"导出{title} .{kind}", kind)
    ]


def _export(stand: "Stand", key: str, name: str, kind: str) -> list[Any]:
    asked: dict[str, Any] = {"list": key, "rows": EXPORTED, "kind": kind}
    ours = inside("export", stand.env, asked)
    bare = inside("writer", stand.env, asked | {"columns": ours["columns"]})
    ratio, memory = ours["seconds"] / bare["seconds"], ours["megabytes"]
    words = f"{ours['rows']:,} 行，{ours['seconds']:.1f} s = {ratio:.1f} × W"
    return [
        _row(name, ratio, 1.5, words, "1.5 × W"),
        _row(f"{name} 内存", memory, 60, f"{memory:.0f} MB", "60 MB"),
    ]


def _import(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    """A new list of households, checked and then written; the data stay as they were."""
    done = inside("import_list", stand.env, {"rows": IMPORTED})
    each = {what: IMPORTED / done[what] for what in ("check", "write")}
    both = IMPORTED / (done["check"] + done["write"])
    words = f"{both:.0f} 行/秒（核对 {each['check']:.0f}，写入 {each['write']:.0f}）"
    return [_row(f"导入住户 {IMPORTED:,} 行 .xlsx", both, 0, words, "")]


def _reconcile(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    found = inside("reconcile", stand.env)
    words = f"{found['differences']} 处不同（{found['seconds']:.0f} s）"
    trail = f"{found['trail_rows']:,} 行，{found['trail_problems']} 处（{found['trail_seconds']:.0f} s）"
    return [
        _row("装载后数字核对", found["differences"], 0.5, words, "0", examples=found["examples"]),
        _row("审计核验", found["trail_problems"], 0.5, trail, "0"),
    ]


def inside(task: str, env: dict[str, str], asked: Any = None) -> Any:
    """Run a task of ``benchmarks.inside`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.inside", task],
        cwd=data.ROOT, env=env, check=False, text=True, input=json.dumps(asked),
        capture_output=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{task}: {done.stderr[-3000:]}")
    return json.loads(done.stdout)
