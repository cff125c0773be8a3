"""Runs two ways of doing the same thing in turns and keeps the medians. Knows nothing of what they do."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

Act = Callable[[], Awaitable[object]]
Batch = Callable[[], Awaitable[Sequence[Act]]]


@dataclass(frozen=True)
class Figure:
    """What ours does and what the floor does, in `unit`; `hold` is the bound on their ratio, None where we only tell."""

    id: str
    what: str
    ours: float
    floor: float
    unit: str
    ratio: float
    hold: float | None
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """False when a bound was missed."""
        return self.hold is None or (self.ratio >= self.hold if self.at_least else self.ratio <= self.hold)

    def row(self) -> str:
        """The figure as a line of the table under `TITLES`."""
        bound = "" if self.hold is None else f"{'≥' if self.at_least else '≤'} {self.hold:.2f}"
        verdict = "reported" if self.hold is None else "holds" if self.holds else "MISSED"
        digits = 0 if self.unit == "/s" else 2
        ours, floor = (f"{value:,.{digits}f} {self.unit}" for value in (self.ours, self.floor))
        return f"{self.id:6} {self.what:58} {ours:>13} {floor:>13} {self.ratio:6.2f}  {bound:7} {verdict}"

    def as_json(self) -> dict[str, object]:
        """The figure with its verdict."""
        return asdict(self) | {"holds": self.holds}


TITLES = f"{'id':6} {'':58} {'ours':>13} {'floor':>13} {'ratio':>6}  {'hold':7} verdict"


def at_most(id: str, what: str, measured: float, *, limit: float, unit: str) -> Figure:
    """A figure with a limit of its own in place of a floor."""
    return Figure(id, what, measured, limit, unit, measured / limit, 1.0, at_least=False)


def in_turns(id: str, what: str, speeds: Sequence[tuple[float, float]], *, hold: float | None) -> Figure:
    """The medians of speeds that were measured in pairs, ours and the floor's, and the median of their ratios."""
    return Figure(
        id,
        what,
        statistics.median(mine for mine, _ in speeds),
        statistics.median(bare for _, bare in speeds),
        "/s",
        statistics.median(mine / bare for mine, bare in speeds),
        hold,
    )


async def compare(
    id: str,
    what: str,
    *,
    ours: Batch,
    floor: Batch,
    hold: float | None = None,
    clients: int = 1,
    rounds: int = 7,
) -> Figure:
    """Ours, floor, ours, floor …: the first pair only warms up."""
    speeds = [
        (await _speed(await ours(), clients), await _speed(await floor(), clients)) for _ in range(rounds + 1)
    ]
    return in_turns(id, what, speeds[1:], hold=hold)


async def _speed(acts: Sequence[Act], clients: int) -> float:
    queue = iter(acts)

    async def client() -> None:
        for act in queue:
            await act()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return len(acts) / (time.perf_counter() - started)
