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
@tries(max_examples=60)
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


CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types"


def book(cells: str, *, head: str = "", **more: str) -> bytes:
    """A workbook of one sheet as a spreadsheet would pack it, with these cells."""
    spread = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{spread}" xmlns:r="{office}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        made.writestr("[Content_Types].xml", f'<Types xmlns="{CONTENT}"/>')
        made.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        made.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/any.xml"/></Relationships>',
        )
        made.writestr(
            "xl/worksheets/any.xml",
            f'{head}<worksheet xmlns="{spread}"><dimension ref="A1:B2"/>'
            f"<sheetData>{cells}</sheetData></worksheet>",
        )
        for name, text in more.items():
            made.writestr(name, text)
    return out.getvalue()


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
SHARED = {"xl/sharedStrings.xml": f"<sst><si><t>{'长' * 1_000_000}</t></si></sst>"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (book(FIRST + '<row r="1048576"><c r="CV1048576"><v>1</v></c></row>'), "相隔太远"),
        (book(FIRST + "<row r='9'><c a='>/>' r='cv1048576' ><f>1</f></c></row>"), "相隔太远"),
        (book(FIRST + f'<row r="1048576">{"<c><v>1</v></c>" * 100}</row>'), "相隔太远"),
        (book(FIRST + '<x:row xmlns:x="x" r="9"><x:c r="XFD999"><x:v>1</x:v></x:c></x:row>'), "远"),
        (book('<row><c t="s"><v>0</v></c></row>' * 300, **SHARED), "展开后太大"),
        (book("<row><c></row>"), "打不开"),
        (book(FIRST, **{"content.xml": "<a/>"}), "不是表格"),
    ],
    ids=["far", "quoted", "unaddressed", "prefixed", "shared", "torn", "two kinds"],
)
def test_a_small_book_that_would_fill_the_memory_is_refused(data, words):
    """Before it is read: the library would end the process, not raise."""
    assert len(data) < 10_000
    with pytest.raises(DomainError, match=words):
        table(data)


def test_cells_without_content_far_away_do_no_harm():
    """Spreadsheets colour whole rows and columns."""
    cells = FIRST + '<row r="2"><c r="XFD2" s="3"/></row><row r="1048576" hidden="1"/>'

    assert table(book(cells)) == [("1",)]


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


#: Made once: when it was made stands in it, and so its size varies.
GOOD = written("xlsx", [("12号楼", "502", "王秀英")])


@tries(max_examples=80)
@given(st.data())
def test_damaged_workbooks_never_crash(data):
    good = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))

    try:
        table(bytes(good))
    except DomainError:
        return
