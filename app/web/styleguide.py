"""Decides what the style guide shows: every component in every state, on a developer's machine only."""

from dataclasses import dataclass

from litestar import get
from litestar.response import Template

from app.web.filters import money
from app.web.flash import Flash, Link
from app.web.rendering import page
from app.web.site import Badge, HttpRequest, Viewer, scope_state

VIEWER = Viewer("usr_styleguide", "Ada Example", "ada@example.test", is_operator=False, badge=Badge(3, 3, 7))


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A movement as text, the shape that `ledger_rows` shows."""

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
class StyleGuide:
    """What the page shows."""

    rows: tuple[SampleRow, ...]
    steps: tuple[tuple[int, str, str], ...]
    notices: tuple[Flash, ...]
    problems: dict[str, str]
    path: str
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
    Flash("problem", "The payment did not go through. Nothing was charged.", Link("Try again", "#notices")),
)
GUIDE = StyleGuide(
    rows=ROWS,
    steps=STEPS,
    notices=NOTICES,
    problems={"title": "A title has at most 100 characters."},
    path="M0 100H80V40H200V60H260V80H420V20H520V40H600",
    amount_cents=4200,
    currency="EUR",
)


@get("/styleguide", opt={"no_session": True})
async def styleguide(request: HttpRequest) -> Template:
    """Every component in every state."""
    scope_state(request.scope).update(viewer=VIEWER, session_token="styleguide")  # noqa: S106  # nobody's session
    return page(request, "web/styleguide.html", GUIDE)
