"""Decides how rows are written as CSV, so that no spreadsheet takes a text for a formula. Pure; knows no feature."""

import csv
import io
import re
from collections.abc import Iterable

HARMLESS = "'"
# A spreadsheet runs what begins with one of these, behind blanks too. One that parts cells at semicolons also runs
# what follows a semicolon inside a text; one that meets a line break there, what follows that.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@＝＋－＠]|^[\t\r\n])")
_PARTS = re.compile(r"[;\t\r\n]")


def csv_lines(rows: Iterable[Iterable[str | int | None]]) -> str:
    """The rows as lines that end in CR and LF: texts made harmless, numbers as they are, None as an empty cell.

    A word of letters, digits and underscores, as ids are, needs no second look.

    Source: https://www.rfc-editor.org/rfc/rfc4180
    """
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(
        [each if not isinstance(each, str) or each.isidentifier() else harmless(each) for each in row]
        for row in rows
    )
    return out.getvalue()


def harmless(text: str) -> str:
    """The text so that it shows itself and computes nothing."""
    return text if text[:1].isalnum() and not _PARTS.search(text) else _FORMULA.sub(HARMLESS, text)
