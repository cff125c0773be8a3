"""What is somebody else's takes as long as what never was, and a known address as long as an unknown one (W47)."""

import secrets
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from app.accounts.people import Proven, person
from app.accounts.sign_in.mail import Letter
from app.application import create_app
from app.database import row, tx
from app.ids import new_id
from app.settings import Settings
from app.web.csrf import csrf_token
from tests.benchmarks.browser import Browser
from tests.benchmarks.compare import Act, Figure, in_turns
from tests.benchmarks.pages import signed_in
from tests.factories import make_purchase, make_user, make_workshop

TURNS, SPANS = 40, 15
TIMES = TURNS * (SPANS + 1)
ALIKE = 0.9  # the quicker of the two may be a tenth quicker: what is less is noise, here as over any network
ADDRESSES = {
    "workshop": "/workshops/{ws}/steps/challenge",
    "purchase": "/purchases/{pur}",
    "transaction": "/transactions/{ctx}",
    "session": "/checkout/success?session_id=cs_test_{pur}",
}


class NoPost:
    """Takes every letter and carries none: how long that takes is the same for everybody."""

    async def send(self, letter: Letter) -> None:
        """Nothing."""


async def figures(settings: Settings) -> list[Figure]:
    """One ratio for each kind of thing, and one for asking for a link."""
    theirs, nobodys = await _things(), {kind: new_id(kind) for kind in ("ws", "pur", "ctx")}
    async with signed_in(settings, await make_user()) as browser:
        found = [
            await _one_by_one(
                f"W47{name[0]}",
                f"{name} of somebody else against one that never was",
                [partial(browser.get, address.format(**theirs), status=404)] * TIMES,
                [partial(browser.get, address.format(**nobodys), status=404)] * TIMES,
            )
            for name, address in ADDRESSES.items()
        ]
    async with _front_door(settings) as browser:
        known, unknown = await _links(browser, is_known=True), await _links(browser, is_known=False)
        what = "a link to a known address against one to an unknown one"
        return [*found, await _one_by_one("W47a", what, known, unknown)]


async def _one_by_one(id: str, what: str, one: Sequence[Act], other: Sequence[Act]) -> Figure:
    """Single requests that take turns. Neither may be quicker, so the ratio is that of the slower to the quicker."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for pair in zip(one, other, strict=True):
        for which in (0, 1) if len(seconds[0]) % 2 else (1, 0):
            started = time.perf_counter()
            await pair[which]()
            seconds[which].append(time.perf_counter() - started)
    spans = [
        slice(start, start + TURNS) for start in range(TURNS, len(one), TURNS)
    ]  # the first only warms up
    found = in_turns(
        id, what, [(_quick(seconds[0][span]), _quick(seconds[1][span])) for span in spans], hold=ALIKE
    )
    return replace(found, ratio=min(found.ratio, 1 / found.ratio))


def _quick(seconds: Sequence[float]) -> float:
    """How many a second the quickest tenth is: noise only ever adds, so this is how an attacker filters it out."""
    return 1 / statistics.quantiles(seconds, n=10)[0]


async def _things() -> dict[str, str]:
    """One of each that a person can have; the viewer is somebody else."""
    owner = await make_user(balance_credits=3)
    workshop_id = await make_workshop(user_id=owner)
    purchase_id = await make_purchase(user_id=owner, status="paid")
    moved = await row("SELECT id FROM credit_transactions WHERE clerk_user_id = $1 LIMIT 1", owner)
    assert moved is not None
    return {"ws": workshop_id, "pur": purchase_id, "ctx": moved["id"]}


@asynccontextmanager
async def _front_door(settings: Settings) -> AsyncIterator[Browser]:
    app = create_app(settings, mailer=NoPost())
    async with app.lifespan():
        yield Browser(app)


async def _links(browser: Browser, *, is_known: bool) -> Sequence[Act]:
    """Each from a client and to a mailbox of its own, so that no limit is met."""
    addresses = [f"{secrets.token_hex(8)}@example.test" for _ in range(TIMES)]
    for address in addresses if is_known else ():
        async with tx():
            await person(Proven("email", address, address, "Somebody"))
    seed, secret = secrets.token_urlsafe(32), browser.app.state.site_options.secret
    form = {"csrf_token": csrf_token(seed, secret), "return_to": ""}
    return [
        partial(browser.post, "/sign-in", form | {"email": address}, cookie=f"anon={seed}")
        for address in addresses
    ]
