"""Decides what the style guide shows: every component in every state, on a developer's machine only."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from litestar import get
from litestar.response import Template

from app.web.filters import money
from app.web.flash import Flash, Link
from app.web.rendering import page
from app.web.site import Badge, HttpRequest, Viewer, scope_state

VIEWER = Viewer("usr_styleguide", "Ada Example", "ada@example.test", is_operator=False, badge=Badge(3, 3, 7))


class SampleRow(NamedTuple):
    """A movement as text, in the order in which `ledger_rows` takes it apart."""

    at_iso: str
    at_text: str
    kind: str
    what: str
    change_text: str
    balance_text: str
    money_text: str = ""
    receipt_href: str = ""
    status: str = ""
    href: str = "#ledger"


@dataclass(frozen=True, slots=True)
class SampleFigure:
    """A balance in the table beside a drawing."""

    label: str
    balance_text: str
    href: str = "#figures"


@dataclass(frozen=True, slots=True)
class SampleChart:
    """A balance over time, the shape that `chart_with_figures` shows."""

    path: str
    zero_y: float
    high_text: str
    low_text: str
    title: str
    text: str
    first_text: str
    last_text: str
    figures: tuple[SampleFigure, ...]
    width: int = 600
    height: int = 100


@dataclass(frozen=True, slots=True)
class SampleNotes:
    """Notes in their box, as somebody finds them who was signed out while writing."""

    text: str
    version: int = 3
    stored_text: str | None = None
    problem: str = ""
    is_saved: bool = False
    is_kept: bool = True
    longest: int = 20_000


@dataclass(frozen=True, slots=True)
class SampleUndo:
    """An unlock that can still be undone."""

    unlock_id: str
    until_at: datetime
    price_credits: int = 1


@dataclass(frozen=True, slots=True)
class SampleWriting:
    """The part of a step's page with its notes, just unlocked."""

    notes: SampleNotes
    undo: SampleUndo
    workshop_id: str = "ws_styleguide"
    href: str = "#writing"
    paid_range: str = "7–10"
    comes_first: None = None


@dataclass(frozen=True, slots=True)
class SampleBrowser:
    """Where somebody is signed in."""

    browser_id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool = False


@dataclass(frozen=True, slots=True)
class StyleGuide:
    """What the page shows."""

    rows: tuple[SampleRow, ...]
    steps: tuple[tuple[int, str, str], ...]
    notices: tuple[Flash, ...]
    problems: dict[str, str]
    chart: SampleChart
    writing: SampleWriting
    browsers: tuple[SampleBrowser, ...]
    amount_cents: int
    currency: str


ROWS = (
    SampleRow("2026-11-22T10:00:00Z", "22 Nov 2026, 10:00", "Unlock", "Unlocked “Launch plan”", "−1", "2"),
    SampleRow(
        "2026-11-21T09:12:00Z",
        "21 Nov 2026, 09:12",
        "Purchase",
        "Three credits",
        "+3",
        "3",
        money(3000, "EUR"),
        "#ledger",
    ),
    SampleRow(
        "2026-11-20T16:45:00Z",
        "20 Nov 2026, 16:45",
        "Refund",
        "Refund of one credit",
        "−1",
        "0",
        money(-1000, "EUR"),
        "#ledger",
        "Partly refunded",
    ),
    SampleRow(
        "2026-11-19T08:03:00Z",
        "19 Nov 2026, 08:03",
        "Grant",
        "Given by support, with a reason that is long",
        "+1",
        "1",
    ),
)
STEPS = (
    (1, "Challenge", "done"),
    (2, "Stakeholder mapping", "done"),
    (3, "User research", "current"),
    (4, "Sense making", "open"),
    (5, "Reframe", "locked"),
)
NOTICES = (
    Flash(
        "done", "1 credit used — 2 remaining. “Launch plan” is open to the end.", Link("Go on", "#notices")
    ),
    Flash("note", "This workshop was open already. No credit was used."),
    Flash("note", "Your sign-in has ended. What you typed is kept: sign in, and it stands there again."),
    Flash("problem", "The payment did not go through. Nothing was charged.", Link("Try again", "#notices")),
)
CHART = SampleChart(
    path="M0 75H80V50H200V0H260V25H420V100H520V75H600",
    zero_y=75,
    high_text="3",
    low_text="−1",
    title="Balance over time",
    text="From 0 credits to 0 credits, in 5 steps. Highest 3 credits, lowest −1 credit. The dashed line is zero.",
    first_text="30 Aug 2026",
    last_text="22 Nov 2026",
    figures=(SampleFigure("November 2026, so far", "0"), SampleFigure("October 2026", "−1")),
)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITING = SampleWriting(
    SampleNotes("People wait until Friday to look at their numbers."), SampleUndo("ctx_styleguide", NOON)
)
BROWSERS = (
    SampleBrowser("ses_1", "Firefox on Linux", NOON - timedelta(days=3), NOON, is_this=True),
    SampleBrowser("ses_2", "Safari on iPhone", NOON - timedelta(days=9), NOON - timedelta(hours=2)),
    SampleBrowser("ses_3", "", NOON - timedelta(days=20), NOON - timedelta(days=8)),
)
GUIDE = StyleGuide(
    rows=ROWS,
    steps=STEPS,
    notices=NOTICES,
    problems={"title": "A title has at most 100 characters."},
    chart=CHART,
    writing=WRITING,
    browsers=BROWSERS,
    amount_cents=4200,
    currency="EUR",
)


@get("/styleguide", opt={"no_session": True})
async def styleguide(request: HttpRequest) -> Template:
    """Every component in every state."""
    scope_state(request.scope).update(viewer=VIEWER, session_token="styleguide")  # noqa: S106  # nobody's session
    return page(request, "web/styleguide.html", GUIDE)
