"""Judges the books of the people an asynchronous test made, as its last act: its database and its view are still there.

What others say of them (Stripe, the receivers of answers) is for the test itself to compare.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from app.database import DB
from tests import factories
from tests.oracle import Findings, books_of


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Put the judgement behind the test."""
    is_exempt = item.get_closest_marker("judged_by_itself") is not None
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj) and not is_exempt:
        item.obj = _with_judgement(item.obj)
    return (yield)


def _with_judgement(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def judged_at_last(*given: Any, **named: Any) -> None:
        known = len(factories.people)
        await test(*given, **named)
        made = factories.people[known:]
        if made and DB.pool is not None:
            assert await books_of(made) == Findings()

    return judged_at_last
