"""Cells of a CSV file: whatever is in them comes back, and no spreadsheet runs it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.csv import HARMLESS, csv_lines, harmless


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example","x")',
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "＝1",
        "－1",
        "harmless;=1",
        "two lines\n=1",
        "a;\t@x",
    ],
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    """W27, HIST-06: also in a spreadsheet that parts cells at semicolons or lines."""
    [[cell]] = read(csv_lines([[text]]))
    assert cell.replace(HARMLESS, "") == text
    for part in cell.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";"):
        assert not part.strip().startswith(tuple("=+-@＝－"))
    assert cell[0] == HARMLESS or cell[0].isalnum()


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert csv_lines([[-3, 0, 14900, None, ""]]) == "-3,0,14900,,\r\n"


@pytest.mark.parametrize(
    "text", ["Launch plan", "2026-11-01T12:00:00Z", 'O\'Brien "quoted", ★', "a - b = c", ""]
)
def test_an_honest_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text
    assert read(csv_lines([[text, "x"]])) == [[text, "x"]]


@given(st.lists(st.lists(st.text() | st.integers() | st.none(), min_size=2, max_size=4), max_size=5))
def test_whatever_is_written_can_be_read_again(rows: list[list[str | int | None]]) -> None:
    """HIST-06: separators, quotes and line breaks inside a cell stay inside it."""
    shown = [
        [harmless(cell) if isinstance(cell, str) else "" if cell is None else str(cell) for cell in row]
        for row in rows
    ]
    assert read(csv_lines(rows)) == shown
