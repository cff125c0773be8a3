"""The tables of what is proven, in README.md beside this file, say the truth: every case is there, every test exists.

A test is named for a case only if its docstring, or its module's, names the case too.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CASES = (
    [f"M{n:02}" for n in range(1, 50)]
    + [f"C{n:02}" for n in range(1, 23)]
    + [f"O{n:02}" for n in range(1, 7)]
)
PAGES = [f"UI-{n:02}" for n in range(1, 26)]
SURFACE = (
    [f"W{n:02}" for n in range(1, 59)]
    + [f"H{n:02}" for n in range(1, 16)]
    + [f"O{n:02}" for n in range(7, 15)]
)
ROW = re.compile(r"\| ([MCOWH]\d\d|UI-\d\d) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
STATES = re.compile(r"green|waits: .+|argued: .+")
IN_A_BROWSER = re.compile(r"^browser/|in_a_browser\.py$")


def table() -> dict[str, tuple[str, str]]:
    """Of each case the cell with its tests, and its state."""
    rows = ROW.findall((TESTS / "README.md").read_text())
    assert [case for case, *_ in rows] == CASES + PAGES + SURFACE
    return {case: (tests, state) for case, _, tests, state in rows}


@cache
def said_of_tests(file: str) -> dict[str, str]:
    """What each test of a file says of itself, together with what its module says."""
    tree = ast.parse((TESTS / file).read_text())
    module = ast.get_docstring(tree) or ""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name: f"{module}\n{ast.get_docstring(node)}" for node in functions}


def test_every_case_is_in_the_table() -> None:
    assert list(table()) == CASES + PAGES + SURFACE


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_promises_is_looked_at_in_a_browser(page: str) -> None:
    tests, state = table()[page]
    assert state.strip() != "green" or any(IN_A_BROWSER.search(file) for file, _ in NAMED.findall(tests))


@pytest.mark.parametrize("case", CASES + PAGES + SURFACE)
def test_a_case_is_proven_by_tests_that_say_so_or_is_argued_away(case: str) -> None:
    tests, state = table()[case]
    assert STATES.fullmatch(state.strip())
    named = NAMED.findall(tests)
    assert named or state.strip() != "green"
    assert len(named) == tests.count("`") // 2
    for file, test in named:
        assert test in said_of_tests(file), f"{file} has no {test}"
        assert case in said_of_tests(file)[test], f"{test} does not say that it is about {case}"
