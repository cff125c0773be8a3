"""Decides what a database has of the migrations that are not on its record: all, nothing, or a part.

It looks at the live schema and never at an error, so that what was applied by hand is told before anything is tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.schema.comparison import compared, live, recorded_by_migration


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """The migrations that are not on record, oldest first, by what the schema has of them.

    Shape: `differences` are the lines that keep the `partly` applied from being whole.
    """

    by_hand: tuple[str, ...]
    partly: tuple[str, ...]
    absent: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def is_ahead(self) -> bool:
        """True when the schema has something that the record does not know of."""
        return bool(self.by_hand or self.partly)

    def __str__(self) -> str:
        if self.partly:
            return (
                f"{', '.join(self.partly)}: applied by hand, and only in part. Nothing was changed. "
                "Put these right, or take the rest away:\n" + "\n".join(self.differences)
            )
        return (
            f"{', '.join(self.by_hand)}: applied by hand, whole, and not on record. Nothing was changed; "
            "`billing migrate --record` records this and applies what is missing"
        )


async def unrecorded(missing: Sequence[str]) -> Unrecorded:
    """Compare the schema with the effect of each of these migrations. Inside: a pool."""
    here = await live() if missing else {}
    effects = {each: recorded_by_migration().get(each, {}) for each in missing}
    judged = {each: compared(here, effects[each]) for each in missing}
    absent = tuple(each for each in missing if here.keys().isdisjoint(effects[each]))
    whole = tuple(each for each in missing if each not in absent and not judged[each])
    partly = tuple(each for each in missing if each not in absent + whole)
    lines = tuple(line for each in partly for line in judged[each])
    return _hosts_tables_aside(Unrecorded(whole, partly, absent, lines))


def _hosts_tables_aside(found: Unrecorded) -> Unrecorded:
    """A host's tables are there before any migration, and the first one accepts them: alone they tell nothing."""
    first = next(iter(recorded_by_migration()))
    if found.by_hand + found.partly == (first,):
        return Unrecorded((), (), (first, *found.absent), ())
    return found
