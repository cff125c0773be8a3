"""What every step of one comparison works with, and how it asks for the fulfilment of one purchase.

A dry run does the very same, and undoes each step before it is committed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, TypeVar

import asyncpg

from app.checkout.fulfilment import Fulfilment, Outcome, Source, fulfil
from app.checkout.returns import read_money_back
from app.clock import Clock
from app.errors import BillingError, StripeUnavailable
from app.payments.gateway import CheckoutSession, PaymentGateway
from app.reconcile.ours import Ours
from app.reconcile.report import Difference, Line, Mended, Report
from app.workshops.access import PaywallRules

Found = TypeVar("Found")

SOURCE = Source("reconcile")
TRY_AGAIN = "Reconcile again; if it stays, the log says more"
LOOK_UP_WHO_CREDITED = "Look up in the ledger who credited it, and have it corrected"


class Asking(TypedDict):
    """What fulfilment and clawback are asked with, whoever's money it is."""

    source: Source
    gateway: PaymentGateway
    rules: PaywallRules
    now: datetime


@dataclass(frozen=True, slots=True)
class Means:
    """What a comparison needs, whoever asks for it."""

    gateway: PaymentGateway
    rules: PaywallRules
    clock: Clock

    def asking(self) -> Asking:
        """What a verb is told by a comparison in this moment."""
        return {"source": SOURCE, "gateway": self.gateway, "rules": self.rules, "now": self.clock()}


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison under way."""

    means: Means
    report: Report

    def mended(self, kind: Mended, purchase_id: str | None, object_id: str | None, what: str) -> None:
        """Note what is written now."""
        self.report.mended.append(Line(kind, purchase_id, object_id, what))

    def differs(
        self, kind: Difference, purchase_id: str | None, object_id: str | None, what: str, mend: str
    ) -> None:
        """Note what is left to a person."""
        self.report.differences.append(Line(kind, purchase_id, object_id, what, mend))


class _Undone(Exception):
    """Ends the transaction that it is raised in."""


@asynccontextmanager
async def one_by_one(run: Run, purchase_id: str | None, object_id: str | None) -> AsyncIterator[None]:
    """What goes wrong with one purchase is named, and does not keep the others from being looked at.

    Raises: StripeUnavailable. Whatever says that the database is gone.
    """
    try:
        yield
    except StripeUnavailable:
        raise
    except (BillingError, asyncpg.PostgresError) as error:
        why = str(error) or repr(error)
        run.differs(Difference.FAILED, purchase_id, object_id, why, TRY_AGAIN)


async def settle(run: Run, ours: Ours, session_id: str) -> None:
    """Have one purchase fulfilled, or closed, as its checkout session is now, and note what came of it."""
    found = await undone_if_dry(run, lambda also: fulfil(session_id, **run.means.asking(), also=also))
    match found.outcome:
        case Outcome.GRANTED:
            what = f"{found.credits} credits, which no webhook had told of"
            run.mended(Mended.CREDITED, ours.id, session_id, what)
            if not run.report.dry_run:
                run.report.complete.add(ours.id)
        case Outcome.ALREADY:
            run.report.complete.add(ours.id)
        case Outcome.PENDING:
            if found.reason == "settling" and ours.status != "settling":
                run.mended(Mended.SETTLING, ours.id, session_id, "its money is on the way")
        case Outcome.FAILED:
            _note_end(run, ours, session_id, found)
        case Outcome.REFUSED:
            note_refused(run, ours.id, session_id, found.reason)


def note_refused(run: Run, purchase_id: str | None, object_id: str, reason: str | None) -> None:
    """The money came, and does not match what was sold."""
    mend = "Refund it at Stripe, or correct what differs; then reconcile again"
    run.differs(Difference.REFUSED, purchase_id, object_id, f"{reason}; nothing was credited", mend)


async def is_money_back(run: Run, session: CheckoutSession) -> bool:
    """True when nothing is left of what was paid on this page, so that no more has to be done about it."""
    if session.payment_intent_id is None or session.amount_total_cents is None:
        return False
    back = await read_money_back(run.means.gateway, session.payment_intent_id)
    is_same = back.currencies <= {session.currency}
    return back.dispute_status == "lost" or (is_same and back.refunded_cents >= session.amount_total_cents)


def _note_end(run: Run, ours: Ours, session_id: str, found: Fulfilment) -> None:
    if found.reason == "expired" and ours.is_unfinished:
        run.mended(Mended.CLOSED, ours.id, session_id, "its payment page has expired, and nobody paid")
    elif found.reason == "declined" and ours.status != "failed":
        run.mended(Mended.FAILED, ours.id, session_id, "its money did not come")


async def undone_if_dry(
    run: Run, use_case: Callable[[Callable[[Found], Awaitable[None]] | None], Awaitable[Found]]
) -> Found:
    """What a use case comes to; in a dry run it is told the end of its own transaction, and that is undone."""
    if not run.report.dry_run:
        return await use_case(None)
    told: list[Found] = []

    async def undo(found: Found) -> None:
        told.append(found)
        raise _Undone

    try:
        return await use_case(undo)
    except _Undone:
        return told[-1]
