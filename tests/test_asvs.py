"""`asvs.csv` says how each requirement of OWASP's ASVS 5.0 is met that applies here: by a test, by an argument, or not yet.

It names requirements by their numbers alone; the standard itself says what they ask.
"""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMED = re.compile(r"([\w/]+\.py)::(test_\w+)")
LEVELS_ONE_AND_TWO = 176
MORE = 11  # of level 3
OPEN = {"3.4.7", "6.3.3"}

with (TESTS / "asvs.csv").open(newline="") as file:
    ITEMS = list(csv.DictReader(file))


def test_every_requirement_that_applies_is_there_once() -> None:
    numbers = [each["id"] for each in ITEMS]
    assert len(set(numbers)) == len(numbers) == LEVELS_ONE_AND_TWO + MORE
    assert numbers == sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])
    assert {each["id"] for each in ITEMS if each["state"] == "open"} == OPEN


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_a_requirement_is_met_by_tests_that_exist_or_says_why_not(item: dict[str, str]) -> None:
    named = NAMED.findall(item["proof"])
    assert item["owner"] in ("app", "deployment")
    assert item["state"] in ("met", "argued", "open")
    assert bool(named) == (item["state"] == "met")
    assert item["proof"]
    for path, name in named:
        assert name in functions_of(path)


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_most_of_them_are_met_by_a_test() -> None:
    states = Counter(each["state"] for each in ITEMS if each["owner"] == "app")
    assert states["met"] > states["argued"] + states["open"]
