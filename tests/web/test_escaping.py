"""How values come into a page: escaped as `markupsafe` does it, whatever they are, and never twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from app.web.escaping import written
from app.web.templating import new_environment


class Shown:
    def __html__(self) -> str:
        return "<b>shown</b>"


class Text(str):
    """Not quite a string."""


def _rendered(folder: Path, page: str, **values: object) -> str:
    (folder / "page.html").write_text(page)
    return new_environment(str, folder).get_template("page.html").render(**values)


@given(st.one_of(st.text(), st.text("&<>'\"a"), st.integers(), st.none(), st.lists(st.text()), st.booleans()))
def test_a_value_is_written_as_it_is_escaped(value: object) -> None:
    assert written(value) == str(escape(value))


@pytest.mark.parametrize("value", [Markup("<i>&amp;</i>"), Shown(), Text("<i>"), Markup("")])
def test_only_what_says_that_it_is_markup_is_left_as_it_is(value: object) -> None:
    assert written(value) == str(escape(value))


HOSTILE = "<script>\"&'</script>"
PAGE = """
{%- macro twice(value) -%}{{ value }}{{ value }}{%- endmacro -%}
{%- set kept -%}{{ value }}{%- endset -%}
{{ value }}|{{ twice(value) }}|{{ kept }}|{{ twice(kept) }}|{{ value ~ kept }}|{{ value|upper }}|{{ [value]|join(kept) }}"""


def test_a_value_on_its_way_through_macros_and_sets_is_escaped_once(tmp_path: Path) -> None:
    once, upper = str(escape(HOSTILE)), str(escape(HOSTILE.upper()))
    expected = f"{once}|{once * 2}|{once}|{once * 2}|{once * 2}|{upper}|{once}"
    assert _rendered(tmp_path, PAGE, value=HOSTILE) == expected


def test_where_a_template_turns_escaping_off_jinja_decides(tmp_path: Path) -> None:
    page = "{% autoescape false %}{{ value }}{% endautoescape %}{{ value }}"
    assert _rendered(tmp_path, page, value="<") == "<&lt;"
