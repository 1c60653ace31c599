"""Tables as files: what is written is what is read back, and no cell is ever a formula."""

import csv
import datetime as dt
import io
import tracemalloc
import zipfile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portal.core.sheets.writing import (
    CELL_LIMIT,
    CUT_MARK,
    FORMULA,
    Column,
    clean,
    csv_parts,
    write,
    write_csv,
    write_xlsx,
)

COLUMNS = (
    Column("住址", width=30),
    Column("户数", "number"),
    Column("最近见到", "date"),
    Column("记录时间", "datetime", width=18),
)
MOMENT = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)

texts = st.text(max_size=40)
days = st.dates(dt.date(1901, 1, 1), dt.date(2200, 1, 1))
minutes = st.builds(
    dt.datetime.combine, days, st.times().map(lambda at: at.replace(second=0, microsecond=0))
)
rows = st.lists(
    st.tuples(texts, st.none() | st.integers(-(10**9), 10**9), st.none() | days, minutes),
    max_size=6,
)


def as_csv(columns, found, **options):
    out = io.BytesIO()
    write_csv(out, columns, found, **options)
    return out.getvalue()


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def as_xlsx(columns, found, **options):
    out = io.BytesIO()
    write_xlsx(out, columns, found, **options)
    out.seek(0)
    return out


def read_xlsx(file, sheet=0):
    file.seek(0)
    return CalamineWorkbook.from_filelike(file).get_sheet_by_index(sheet).to_python()


@given(rows)
def test_a_csv_reads_back_as_written(found):
    heading, *lines = read_csv(as_csv(COLUMNS, found))
    assert heading == [column.title for column in COLUMNS]
    assert len(lines) == len(found)
    for line, (text, number, day, moment) in zip(lines, found, strict=True):
        kept = clean(text)
        assert line[0] == (f"'{kept}" if kept[:1] in FORMULA else kept)
        assert line[1] == ("" if number is None else str(number))
        assert line[2] == ("" if day is None else str(day))
        assert line[3] == f"{moment:%Y-%m-%d %H:%M}"


@given(rows)
def test_an_xlsx_reads_back_as_written_with_real_days(found):
    heading, *lines = read_xlsx(as_xlsx(COLUMNS, found))
    assert heading == [column.title for column in COLUMNS]
    assert len(lines) >= len(found)
    for line, (text, number, day, moment) in zip(lines, found, strict=False):
        assert line[0] == clean(text)
        assert line[1] == ("" if number is None else number)
        assert line[2] == ("" if day is None else day)
        assert f"{line[3]:%Y-%m-%d %H:%M}" == f"{moment:%Y-%m-%d %H:%M}"  # midnight reads as a day


@given(st.text(min_size=1, max_size=20), st.sampled_from(sorted(FORMULA)))
def test_no_cell_of_either_kind_is_a_formula(text, first):
    column = (Column("内容"),)
    [_, [cell]] = read_csv(as_csv(column, [(first + text,)]))
    assert cell[0] == "'"
    book = as_xlsx(column, [(first + text,)])
    sheet = zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 't="inlineStr"' in sheet


@given(st.text())
def test_what_no_cell_may_hold_is_gone_before_the_beginning_is_judged(text):
    [_, [cell]] = read_csv(as_csv((Column("内容"),), [("\x01\x0b=" + text,)]))
    assert cell.startswith("'=")
    assert not any(ord(c) < 32 and c not in "\t\r\n" for c in cell)


@pytest.mark.parametrize("character", ["长", "𠮷"])
def test_a_cell_too_long_is_cut_with_a_mark(character):
    full = character * (CELL_LIMIT + 5)
    cell = clean(full)
    assert len(cell.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert cell.endswith(CUT_MARK)
    assert cell.removesuffix(CUT_MARK) == character * (len(cell) - len(CUT_MARK))
    [_, [read]] = read_xlsx(as_xlsx((Column("内容"),), [(full,)]))
    assert read == cell


def test_a_text_that_just_fits_is_left_alone():
    assert clean("长" * CELL_LIMIT) == "长" * CELL_LIMIT


def test_an_aware_moment_is_written_as_the_clock_shows_it():
    column = (Column("时间", "datetime"),)
    moment = MOMENT.astimezone(ZoneInfo("America/Lima"))
    [_, [cell]] = read_csv(as_csv(column, [(moment,)]))
    assert cell == "2026-11-23 07:30"
    [_, [read]] = read_xlsx(as_xlsx(column, [(moment,)]))
    assert f"{read:%Y-%m-%d %H:%M}" == "2026-11-23 07:30"


def test_an_empty_table_still_has_its_heading():
    assert read_csv(as_csv(COLUMNS, [])) == [[column.title for column in COLUMNS]]
    assert read_xlsx(as_xlsx(COLUMNS, []))[0] == [column.title for column in COLUMNS]


def test_notes_are_a_sheet_of_their_own_in_xlsx_and_nothing_in_a_csv():
    notes = (("导出人", "王芳"), ("条数", "1"))
    out = io.BytesIO()
    write("csv", out, (Column("住址"),), [("3号楼",)], notes=notes)
    assert read_csv(out.getvalue())[1:] == [["3号楼"]]
    out = io.BytesIO()
    write("xlsx", out, (Column("住址"),), [("3号楼",)], notes=notes)
    assert read_xlsx(out) == [["住址"], ["3号楼"]]
    assert read_xlsx(out, sheet=1)[1:] == [["导出人", "王芳"], ["条数", "1"]]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(ValueError, match="same heading"):
        as_xlsx((Column("住址"), Column("住址")), [("a", "b")])


def test_an_error_in_the_rows_ends_the_writing():
    def broken():
        yield ("3号楼",)
        raise LookupError("gone")

    with pytest.raises(LookupError):
        as_xlsx((Column("住址"),), broken())
    with pytest.raises(LookupError):
        as_csv((Column("住址"),), broken())


def test_the_parts_of_a_csv_are_made_while_it_is_read():
    """Nothing is gathered: the thousandth row is asked for after the first part is out."""
    asked = []

    def counted():
        for number in range(2000):
            asked.append(number)
            yield (number,)

    parts = csv_parts((Column("号", "number"),), counted())
    next(parts), next(parts)
    assert len(asked) < 1000


def test_memory_does_not_grow_with_the_rows():
    class Nowhere:
        def write(self, data):
            return len(data)

    def peak(count):
        tracemalloc.start()
        write_csv(Nowhere(), (Column("文"),), (("楼道灯坏了" * 20,) for _ in range(count)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20_000) < 1.5 * peak(2_000)
