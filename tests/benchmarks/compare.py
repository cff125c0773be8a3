"""Runs two ways of doing the same thing in turns and keeps the medians. Knows nothing of what they do."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

Act = Callable[[], Awaitable[object]]
Batch = Callable[[], Awaitable[Sequence[Act]]]


@dataclass(frozen=True)
class Ratio:
    """How many of ours are done in the time of one floor; `hold` is the bound we publish."""

    id: str
    what: str
    ours_per_second: float
    floor_per_second: float
    ratio: float
    hold: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        return self.ratio >= self.hold if self.at_least else self.ratio <= self.hold

    def row(self) -> str:
        bound = f"{'≥' if self.at_least else '≤'} {self.hold:.2f}"
        verdict = "holds" if self.holds else "MISSED"
        return (
            f"{self.id:5} {self.what:58} {self.ours_per_second:9,.0f}/s {self.floor_per_second:9,.0f}/s"
            f" {self.ratio:6.2f}  {bound:7} {verdict}"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"holds": self.holds}


async def compare(
    id: str,
    what: str,
    *,
    ours: Batch,
    floor: Batch,
    hold: float,
    clients: int = 1,
    rounds: int = 7,
    at_least: bool = True,
) -> Ratio:
    """Ours, floor, ours, floor …: the medians over the rounds, and the median of the ratios pair by pair."""
    speeds: list[tuple[float, float]] = []
    for round_no in range(rounds + 1):
        pair = (await _speed(await ours(), clients), await _speed(await floor(), clients))
        if round_no:  # the first pair only warms up
            speeds.append(pair)
    return Ratio(
        id,
        what,
        statistics.median(mine for mine, _ in speeds),
        statistics.median(bare for _, bare in speeds),
        statistics.median(mine / bare for mine, bare in speeds),
        hold,
        at_least,
    )


async def _speed(acts: Sequence[Act], clients: int) -> float:
    queue = iter(acts)

    async def client() -> None:
        for act in queue:
            await act()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return len(acts) / (time.perf_counter() - started)
