"""What is more than one page: saving, bytes on the wire, exports, the truth of the figures."""

import re
import statistics
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


def measure(stand: "Stand", floors: dict[str, float]) -> list[dict[str, Any]]:
    """Every row; a step that is not possible yet says so and counts as missed."""
    rows = []
    for step in (_save_visit, _wire, _reconcile):
        try:
            rows += step(stand, floors)
        except (UnexpectedAnswerError, RuntimeError, KeyError, SystemExit) as error:
            print(f"  {step.__name__}: {error}", file=sys.stderr)
            rows.append(_row(step.__name__, 1, 0.5, "not measured", "", error=str(error)))
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
        fields = _filled(form_with(client.get(path).body, "matters-TOTAL_FORMS"))
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
        "matters-0-text": "楼道灯不亮，请尽快修好",
        "matters-0-outcome": "SOLVED",
        "matters-1-text": "电梯停运，老人上下楼困难",
        "matters-1-outcome": "EXPLAINED",
    }
    kept = [(name, value) for name, value in fields if name not in said]
    total = max(2, int(dict(fields)["matters-TOTAL_FORMS"]))
    kept = [(n, str(total) if n == "matters-TOTAL_FORMS" else v) for n, v in kept]
    return [*kept, *said.items()]


def _wire(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    """The first page a browser loads with everything on it, and the same page again."""
    [client] = stand.clients("COMMUNITY_WORKER")[:1]
    page = client.get("/")
    if page.status != OK:
        raise UnexpectedAnswerError(f"/ answered {page.status}")
    total, seen, todo = page.bytes, set(), list(_ASSET.findall(page.body))
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
        _row("再次打开", page.bytes / 1000, 30, f"{page.bytes / 1000:.0f} KB", "30 KB"),
    ]


def _reconcile(stand: "Stand", _floors: dict[str, float]) -> list[Any]:
    text = data.manage(stand.env, "reconcile_figures")
    differences = int(re.findall(r"\d+", text.splitlines()[-1])[0])
    return [_row("数字核对", differences, 0.5, f"{differences} 处不同", "0")]
