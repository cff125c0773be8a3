"""Everything that can happen to money and credits, in any order, as a Hypothesis state machine beside a plain model.

After each step the books are compared with the model and with themselves; at the end of each story with Stripe too.
"""

import asyncio
import copy
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.sandbox.change import Change
from app.sandbox.moves import disputing, payment, refunding
from app.sandbox.moves.methods import Buyer
from tests.databases import Database
from tests.mortality import Moment
from tests.oracle import Findings, books_of
from tests.reliability.model import OVER, UNHELD, Disputed, Model, Refund, Sale, seen_of
from tests.reliability.stage import Bridge, Letter, Stage
from tests.sandbox_server import RunningSandbox

PEOPLE, WORKSHOPS_EACH = 2, 3
PACKS = {"single-flight": (1, 7900), "serial-entrepreneur": (3, 14_900)}
RARELY = 6  # steps between two of those that are always possible
CARD = "4242424242424242"
DEBIT = payment.Debit("sepa_debit", "", "stuck")  # decided by a step, not by a timer
ANY = st.integers(0, 999)
TRIPS = st.integers(1, 12)
MOMENTS: st.SearchStrategy[Moment] = st.sampled_from(["before", "after"])
ENDS: dict[Disputed, Disputed] = {"inquiry": "closed", "held": "lost"}

Each = TypeVar("Each")


@dataclass
class Record:
    """What one run has done, step by step, with what the books showed after each."""

    trace: list[str] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)
    deaths: int = 0


def chosen(number: int, among: list[Each]) -> Each:
    """One of several, by a number that fits any length."""
    return among[number % len(among)]


class Machine(RuleBasedStateMachine):
    """One story. The class is told where it plays, and keeps the record of all stories."""

    bridge: ClassVar[Bridge]
    sandbox: ClassVar[RunningSandbox]
    database: ClassVar[Database]
    record: ClassVar[Record]

    @initialize()
    def begin(self) -> None:
        self.stage = Stage(self.sandbox, self.database)
        self.model = Model([0] * PEOPLE, [person for person in range(PEOPLE) for _ in range(WORKSHOPS_EACH)])
        self.untold: list[Letter] = []
        self.told: list[Letter] = []
        self.taken: list[str] = []
        self.quiet_steps = 0
        self.bridge.do(self.stage.open(PEOPLE, WORKSHOPS_EACH))
        for person in range(PEOPLE):  # so that money can go back from the first step on
            wish = person, "serial-entrepreneur", None
            self._bought(wish, self.bridge.do(self.stage.buy(self.stage.shop, *wish)))
            self._pay(person)

    # what people do

    @rule(buyer=ANY, pack=st.sampled_from(sorted(PACKS)), workshop=st.none() | ANY)
    def buy(self, buyer: int, pack: str, workshop: int | None) -> None:
        wish = self._wish(buyer, pack, workshop)
        self._bought(wish, self.bridge.do(self.stage.buy(self.stage.shop, *wish)))
        self._step("buy", wish)

    @precondition(lambda self: self._at_stripe("open"))
    @rule(which=ANY, by_debit=st.sampled_from([False, False, True]))
    def pay(self, which: int, by_debit: bool) -> None:
        number = chosen(which, self._at_stripe("open"))
        self._pay(number, by_debit=by_debit)
        self._step("pay", number, by_debit)

    @precondition(lambda self: self.model.sales)
    @rule(which=ANY)
    def land(self, which: int) -> None:
        number = which % len(self.model.sales)
        self.bridge.do(self.stage.land(self.stage.shop, number))
        self.model.hear_of_payment(number)
        self._step("land", number)

    @rule(which=ANY)
    def consume(self, which: int) -> None:
        workshop = which % len(self.model.owners)
        done = self.bridge.do(self.stage.unlock(self.stage.shop, self.model.owners[workshop], workshop))
        assert done == self.model.unlock(workshop)
        self._step("consume", workshop)

    @rule(which=ANY)
    def undo(self, which: int) -> None:
        workshop = which % len(self.model.owners)
        done = self.bridge.do(self.stage.undo(self.stage.shop, self.model.owners[workshop], workshop))
        assert done == self.model.undo(workshop)
        self._step("undo", workshop)

    @precondition(lambda self: self.model.open_workshops)
    @rule(which=ANY)
    def reverse(self, which: int) -> None:
        workshop = chosen(which, sorted(self.model.open_workshops))
        self.bridge.do(self.stage.reverse(workshop))
        self.model.reverse(workshop)
        self._step("reverse", workshop)

    # what happens at Stripe

    @precondition(lambda self: self._at_stripe("settling"))
    @rule(which=ANY, arrives=st.booleans())
    def decide_debit(self, which: int, arrives: bool) -> None:
        number = chosen(which, self._at_stripe("settling"))
        decide = payment.settle_debit if arrives else payment.fail_debit
        self._move(number, lambda change, page: decide(change, page["payment_intent"]))
        self.model.sales[number].at_stripe = "paid" if arrives else "failed"
        self._step("decide debit", number, arrives)

    @precondition(lambda self: self._at_stripe("open"))
    @rule(which=ANY)
    def expire(self, which: int) -> None:
        number = chosen(which, self._at_stripe("open"))
        self._move(number, payment.expire)
        self.model.sales[number].at_stripe = "expired"
        self._step("expire", number)

    @precondition(lambda self: self._refundable())
    @rule(which=ANY, cents=st.none() | st.integers(1, 9000), is_pending=st.booleans())
    def refund(self, which: int, cents: int | None, is_pending: bool) -> None:
        number = chosen(which, self._refundable())
        sale = self.model.sales[number]
        given = min(cents or sale.left_cents, sale.left_cents)
        ends: Any = "pending_then_succeeded" if is_pending else None

        def give(change: Change, page: dict[str, Any]) -> None:
            charge = refunding.charge_of(change, page)
            refunding.refund(change, charge, {"amount": given}, ends=ends)

        self._move(number, give)
        sale.refunds.append(Refund(given, "pending" if is_pending else "succeeded"))
        self._step("refund", number, given, is_pending)

    @precondition(lambda self: self._refunds("pending"))
    @rule(which=ANY, arrives=st.booleans())
    def decide_refund(self, which: int, arrives: bool) -> None:
        number, place = chosen(which, self._refunds("pending"))
        self._decide_refund(number, place, arrives=arrives)
        self._step("decide refund", number, place, arrives)

    @precondition(lambda self: self._refunds("succeeded"))
    @rule(which=ANY)
    def send_refund_back(self, which: int) -> None:
        number, place = chosen(which, self._refunds("succeeded"))
        self._decide_refund(number, place, arrives=False)
        self._step("send refund back", number, place)

    @precondition(lambda self: self._disputable())
    @rule(which=ANY, inquiry=st.booleans())
    def dispute(self, which: int, inquiry: bool) -> None:
        number = chosen(which, self._disputable())

        def ask(change: Change, page: dict[str, Any]) -> None:
            charge = refunding.charge_of(change, page)
            disputing.open_dispute(change, charge, "fraudulent", inquiry=inquiry)

        self._move(number, ask)
        self.model.sales[number].disputed = "inquiry" if inquiry else "held"
        self._step("dispute", number, inquiry)

    @precondition(lambda self: self._disputed())
    @rule(which=ANY, favourable=st.booleans())
    def decide_dispute(self, which: int, favourable: bool) -> None:
        number = chosen(which, self._disputed())
        sale = self.model.sales[number]
        is_inquiry = sale.disputed == "inquiry"
        better = disputing.escalate if is_inquiry else disputing.win
        decide = better if favourable else disputing.lose
        found = self.stage.of_payment("dispute", number)[0]
        self._move(number, lambda change, page: decide(change, found))
        assert sale.disputed in ENDS
        sale.disputed = ("held" if is_inquiry else "won") if favourable else ENDS[sale.disputed]
        self._step("decide dispute", number, favourable)

    # what we hear of it

    @precondition(lambda self: self.untold)
    @rule(which=ANY, copies=st.sampled_from([1, 1, 2, 3]))
    def deliver(self, which: int, copies: int) -> None:
        letter = self.untold.pop(which % len(self.untold))
        self._hear(letter, *(self.stage.hear(self.stage.shop, letter) for _ in range(copies)))
        self._step("deliver", letter.sale, letter.event["type"], copies)

    @precondition(lambda self: self.untold)
    @rule(which=ANY)
    def deliver_while_the_buyer_lands(self, which: int) -> None:
        letter = self.untold.pop(which % len(self.untold))
        shop = self.stage.shop
        self._hear(letter, self.stage.hear(shop, letter), self.stage.land(shop, letter.sale))
        self._step("deliver beside landing", letter.sale, letter.event["type"])

    @precondition(lambda self: self.told)
    @rule(which=ANY, is_renamed=st.booleans())
    def deliver_again(self, which: int, is_renamed: bool) -> None:
        letter = chosen(which, self.told)
        if is_renamed:  # so that only what is written can hold, not what is remembered of the event
            letter = Letter(letter.sale, letter.event | {"id": f"{letter.event['id']}_{len(self.taken)}"})
            self._hear(letter, self.stage.hear(self.stage.shop, letter))
        else:
            self.bridge.do(self.stage.hear(self.stage.shop, letter))
        self._step("deliver again", letter.sale, letter.event["type"], is_renamed)

    @precondition(lambda self: self.untold)
    @rule(which=ANY)
    def drop(self, which: int) -> None:
        letter = self.untold.pop(which % len(self.untold))
        self._step("drop", letter.sale, letter.event["type"])

    @precondition(lambda self: self.quiet_steps > RARELY)
    @rule()
    def reconcile(self) -> None:
        report = self.bridge.do(self.stage.reconcile(self.stage.shop))
        assert (report.differences, report.stopped) == ([], None)
        self.model.reconcile()
        self._rare_step("reconcile")

    # what goes wrong

    @precondition(lambda self: self.untold)
    @rule(which=ANY, trip=TRIPS, moment=MOMENTS)
    def die_in_a_delivery(self, which: int, trip: int, moment: Moment) -> None:
        letter = chosen(which, self.untold)  # Stripe hears no answer, and will send it again
        self._die(self.stage.hear, letter, apply=partial(self._learn, letter), moment=moment, trip=trip)
        self._step("die in a delivery", letter.sale, letter.event["type"], trip, moment)

    @rule(which=ANY, page=st.sampled_from(["land", "unlock", "undo"]), trip=TRIPS, moment=MOMENTS)
    def die_at_a_page(self, which: int, page: str, trip: int, moment: Moment) -> None:
        number, workshop = which % len(self.model.sales), which % len(self.model.owners)
        its_own = self.model.owners[workshop], workshop
        acts: dict[str, tuple[tuple[Any, ...], Callable[[], object]]] = {
            "land": ((self.stage.land, number), partial(self.model.hear_of_payment, number)),
            "unlock": ((self.stage.unlock, *its_own), partial(self.model.unlock, workshop)),
            "undo": ((self.stage.undo, *its_own), partial(self.model.undo, workshop)),
        }
        act, apply = acts[page]
        self._die(*act, apply=apply, moment=moment, trip=trip)
        self._step("die at a page", page, which, trip, moment)

    @rule(buyer=ANY, pack=st.sampled_from(sorted(PACKS)), workshop=ANY, trip=TRIPS, moment=MOMENTS)
    def die_in_a_purchase(self, buyer: int, pack: str, workshop: int, trip: int, moment: Moment) -> None:
        wish = self._wish(buyer, pack, workshop)
        self._kill(self.stage.buy, *wish, moment=moment, trip=trip)
        self._bought(wish, self.bridge.do(self.stage.buy(self.stage.shop, *wish)))  # pressed again
        self._step("die in a purchase", wish, trip, moment)

    @precondition(lambda self: self.quiet_steps > RARELY)
    @rule(trip=st.integers(1, 40), moment=MOMENTS)
    def die_in_a_reconciliation(self, trip: int, moment: Moment) -> None:
        self._kill(self.stage.reconcile, moment=moment, trip=trip)
        self.bridge.do(self.stage.reconcile(self.stage.shop))
        self.model.reconcile()
        self._rare_step("die in a reconciliation", trip, moment)

    @precondition(lambda self: self.quiet_steps > RARELY)
    @rule()
    def restart(self) -> None:
        self.bridge.do(self.stage.stop())
        self.bridge.do(self.stage.start())
        self._rare_step("restart")

    @precondition(lambda self: self.quiet_steps > RARELY)
    @rule(minutes=st.integers(1, 90))
    def let_time_pass(self, minutes: int) -> None:
        self.sandbox.advance(minutes)
        self._rare_step("let time pass", minutes)

    def teardown(self) -> None:
        """However much was dropped, one comparison makes the books agree with Stripe."""
        try:
            self.bridge.do(self.stage.reconcile(self.stage.shop))
            self.model.reconcile()
            self._step("end")
            assert self.bridge.do(self.stage.findings(self.taken)) == Findings()
        finally:
            self.bridge.do(self.stage.stop())

    # how a step is made

    def _step(self, name: str, *details: object) -> None:
        """Note it, and compare."""
        self.quiet_steps += 1
        self.record.steps[name] += 1
        wanted = seen_of(self.model)
        self.record.trace.append(f"{name} {details}: {wanted}")
        assert self.bridge.do(self.stage.seen()) == wanted, self.record.trace[-1]
        assert self.bridge.do(books_of(None)) == Findings()

    def _rare_step(self, name: str, *details: object) -> None:
        """One of those that are always possible, and would crowd out the others."""
        self._step(name, *details)
        self.quiet_steps = 0

    def _wish(self, buyer: int, pack: str, workshop: int | None) -> tuple[int, str, int | None]:
        """For one of the buyer's own workshops, if it is still locked."""
        person = buyer % PEOPLE
        own = [number for number, owner in enumerate(self.model.owners) if owner == person]
        wanted = None if workshop is None else chosen(workshop, own)
        return person, pack, None if wanted in self.model.open_workshops else wanted

    def _bought(self, wish: tuple[int, str, int | None], purchase_id: str) -> None:
        known = self.model.unfinished(*wish)
        if known is not None:
            assert self.stage.sales[known] == purchase_id
            return
        self.bridge.do(self.stage.note(purchase_id))
        buyer, pack, workshop = wish
        self.model.sales.append(Sale(buyer, pack, *PACKS[pack], workshop))

    def _move(self, number: int, move: Callable[[Change, dict[str, Any]], object]) -> None:
        page = self.stage.session(number)
        self.untold += self.stage.at_stripe(lambda change: move(change, page))

    def _pay(self, number: int, *, by_debit: bool = False) -> None:
        if by_debit:
            self._move(number, lambda change, page: payment.pay_by_debit(change, page, DEBIT, Buyer()))
        else:
            self._move(number, lambda change, page: payment.pay_by_card(change, page, CARD, Buyer()))
        self.model.sales[number].at_stripe = "settling" if by_debit else "paid"

    def _decide_refund(self, number: int, place: int, *, arrives: bool) -> None:
        refund = self.model.sales[number].refunds[place]
        moved = self.stage.of_payment("refund", number)[::-1][place]["id"]
        decide = refunding.succeed if arrives else refunding.fail
        self._move(number, lambda change, page: decide(change, moved))
        refund.state = "succeeded" if arrives else "failed"

    def _hear(self, letter: Letter, *arrivals: Awaitable[object]) -> None:
        async def all_at_once() -> None:
            await asyncio.gather(*arrivals)

        self.bridge.do(all_at_once())
        self._learn(letter)
        self.told.append(letter)
        self.taken.append(letter.event["id"])

    def _learn(self, letter: Letter) -> None:
        hear = self.model.hear_of_payment if letter.is_of_payment else self.model.hear_of_money
        hear(letter.sale)

    def _die(
        self, act: Callable[..., Awaitable[object]], *given: object, apply: Callable[[], object], **when: Any
    ) -> None:
        """All of it happened, or nothing; the model takes over which."""
        before = copy.deepcopy(self.model)
        apply()
        has_ended = self._kill(act, *given, **when)
        if not has_ended and self.bridge.do(self.stage.seen()) == seen_of(before):
            vars(self.model).update(vars(before))

    def _kill(self, act: Callable[..., Awaitable[object]], *given: object, **when: Any) -> bool:
        has_ended = self.bridge.do(self.stage.die_in(act, *given, **when))
        self.record.deaths += not has_ended
        return has_ended

    def _at_stripe(self, state: str) -> list[int]:
        return [number for number, sale in enumerate(self.model.sales) if sale.at_stripe == state]

    def _refundable(self) -> list[int]:
        sales = self.model.sales
        return [n for n in self._at_stripe("paid") if sales[n].left_cents and sales[n].disputed in UNHELD]

    def _refunds(self, state: str) -> list[tuple[int, int]]:
        """Each refund in this state: its sale, and its place among the refunds of that sale."""
        every = ((number, sale.refunds) for number, sale in enumerate(self.model.sales))
        return [(n, place) for n, made in every for place, one in enumerate(made) if one.state == state]

    def _disputable(self) -> list[int]:
        return [n for n in self._at_stripe("paid") if self.model.sales[n].disputed in OVER]

    def _disputed(self) -> list[int]:
        return [n for n, sale in enumerate(self.model.sales) if sale.disputed in ENDS]
