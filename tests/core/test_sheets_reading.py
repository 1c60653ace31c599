"""Reading uploaded tables: any text comes back, anything else is refused in words."""

import csv
import datetime as dt
import io
import zipfile

import pytest
import rustpy_xlsxwriter as xlsx
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from portal.core.errors import DomainError
from portal.core.sheets.reading import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, read_table, tidy
from portal.core.sheets.writing import Column, write

CELLS = st.text(st.characters(categories=["L", "N", "P", "S"], min_codepoint=33), max_size=12)
TABLES = st.lists(
    st.lists(CELLS, min_size=3, max_size=3).filter(lambda row: any(map(tidy, row))),
    min_size=1,
    max_size=8,
)


def table(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_table(io.BytesIO(data))]


def trimmed(row) -> tuple[str, ...]:
    cells = [tidy(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def written(kind: str, rows, titles=("甲", "乙", "丙")) -> bytes:
    out = io.BytesIO()
    write(kind, out, [Column(title) for title in titles], rows)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@tries(deadline=None, max_examples=60)
@given(rows=TABLES)
def test_any_table_of_text_reads_back(kind, rows):
    assert table(written(kind, rows)) == [("甲", "乙", "丙"), *map(trimmed, rows)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_every_encoding_that_offices_write(encoding, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["楼栋", "姓名"], ["12号楼", "王秀英"]])

    assert table(out.getvalue().encode(encoding)) == [("楼栋", "姓名"), ("12号楼", "王秀英")]


def test_numbers_and_days_become_what_was_meant():
    out = io.BytesIO()
    row = {"电话": 13800131234.0, "年": 1950, "出生": dt.date(1950, 3, 1), "小数": 1.5, "空": None}
    xlsx.write_worksheet([row], out)

    [_, cells] = table(out.getvalue())

    assert cells == ("13800131234", "1950", "1950-03-01", "1.5")


def test_rows_keep_the_numbers_that_a_spreadsheet_shows():
    data = "甲,乙\r\n\r\n , \r\n1,2\r\n".encode()

    assert [row.number for row in read_table(io.BytesIO(data))] == [1, 4]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("　１２号楼　", "12号楼"),
        ("Ａｂ", "Ab"),
        ("\u200b王 秀英\xa0", "王 秀英"),
        ("'=1+1", "=1+1"),
        ("'在此", "'在此"),
        ("，备注（一）", "，备注（一）"),
        (True, "是"),
        (1e15, "1000000000000000"),
        (dt.datetime(2026, 1, 2), "2026-01-02"),  # noqa: DTZ001 -- sheets know no zones
        (dt.datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04"),  # noqa: DTZ001
    ],
)
def test_one_spelling(cell, text):
    assert tidy(cell) == text


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(210):
                part.write(b" " * (1 << 20))
    return out.getvalue()


def lying_bomb() -> bytes:
    """Says of itself that it is small."""
    data = bomb()
    size = (210 << 20).to_bytes(4, "little")
    assert data.count(size) >= 1
    return data.replace(size, (1000).to_bytes(4, "little"))


def archive(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "没有内容"),
        (b" \r\n ", "没有内容"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "旧版"),
        (b"%PDF-1.7 ...", "不是表格"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff", "不是表格"),
        (archive(word="document"), "不是表格"),
        (archive(**{"xl/workbook.xml": "no xml at all"}), "打不开"),
        (b"PK\x03\x04 cut", "打不开"),
        (bomb(), "展开后太大"),
        (lying_bomb(), "展开后太大"),
        (b"a" * (MOST_BYTES + 1), "20 MB"),
        (b'a,b\r\n"open,' + b"c" * 200_000, "引号"),
        (("甲," * (MOST_COLUMNS + 1)).encode() + "乙".encode(), f"{MOST_COLUMNS} 列"),
    ],
    ids=[
        "empty", "blank", "old xls", "pdf", "picture", "another zip", "broken book", "cut zip",
        "bomb", "lying bomb", "too big", "open quote", "too wide",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(data, words):
    with pytest.raises(DomainError, match=words):
        table(data)


def test_more_rows_than_allowed_are_refused_on_the_way():
    data = "楼栋\r\n".encode() + b"1\r\n" * (MOST_ROWS + 11)

    with pytest.raises(DomainError, match="50,000 行"):
        table(data)


@tries(deadline=None, max_examples=80)
@given(st.data())
def test_damaged_workbooks_never_crash(data):
    good = bytearray(written("xlsx", [("12号楼", "502", "王秀英")]))
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))

    try:
        table(bytes(good))
    except DomainError:
        return
