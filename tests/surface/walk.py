"""Every door of the application, found in the application itself, so that a new one is tried without being named here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from app.database import rows

READING = frozenset({"GET", "HEAD", "OPTIONS"})
PARAMETER = re.compile(r"\{(\w+)\}")
# What changes while people read: when a session was last seen, counters of tries, step rows that were missing.
UNCOUNTED = frozenset({"rate_limits", "workshop_steps"})
UNCOUNTED_COLUMN = "last_seen_at"
# What the routes alone do not say: ids in the query, months, days.
ASKED = (
    "/statements/2026-11",
    "/statements/2026-11.csv",
    "/balance?on=2026-11-27",
    "/checkout/success?session_id={session_id}",
    "/checkout/cancel?purchase={purchase_id}",
    "/transactions?workshop={workshop_id}",
    "/pricing?workshop={workshop_id}&return_to=/dashboard",
)


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    path: str
    opt: Mapping[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.path)

    def at(self, ids: Mapping[str, str]) -> str:
        """Its address for these ids. KeyError: say in `ids` what the new parameter is."""
        return self.path.format(**ids)


def doors(app: Litestar) -> Iterator[Door]:
    """All but OPTIONS, which Litestar answers by itself."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"a route of another kind: {route}"
        for method, (handler, _) in sorted(route.route_handler_map.items()):
            if method != "OPTIONS":
                yield Door(method, route.path_format, handler.opt)


def changing(app: Litestar) -> list[Door]:
    """The doors that change something, but for the signed webhook and the addresses nobody has taken."""
    found = [each for each in doors(app) if each.method not in READING and not each.opt.get("no_csrf")]
    return [each for each in found if each.path != "/{rest}"]


async def fingerprint() -> dict[str, tuple[int, int]]:
    """Everything that is stored: of each table how many rows, and the sum of their hashes."""
    found = await rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    )
    prints = {}
    for table in (each["tablename"] for each in found if each["tablename"] not in UNCOUNTED):
        line = f"(to_jsonb(t) - '{UNCOUNTED_COLUMN}')::text" if table == "sessions" else "t::text"
        [printed] = await rows(
            f'SELECT count(*) AS n, sum(hashtextextended({line}, 0)) AS hash FROM "{table}" t'
        )
        prints[table] = (printed["n"], int(printed["hash"] or 0))
    return prints
