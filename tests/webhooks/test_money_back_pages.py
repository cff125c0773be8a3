"""What a customer reads when money goes back: bought, refunded or disputed at Stripe, heard of by signed webhooks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest

from app.checkout.start import Started
from tests.checkout.bank import dispute, fail_refund, followed, lose, payment_of, refund, win
from tests.checkout.till import balance_of, session_id_of
from tests.factories import make_user, make_workshop
from tests.web.reading import by_id, hidden, parsed, words
from tests.webhooks.site import Site
from tests.webhooks.test_events import quietly_bought
from tests.webhooks.test_money_back import event_about

TRIPLE = "serial-entrepreneur"
HELD = "A dispute is open on this payment. Its credits are held until it is decided."


@dataclass(frozen=True)
class Customer:
    """Somebody who bought, with the browser in which they look at it."""

    site: Site
    user_id: str
    browser: httpx.AsyncClient
    started: Started

    async def page(self, path: str, status: int = 200) -> Element:
        answer = await self.browser.get(path)
        assert answer.status_code == status, answer.text
        return parsed(answer.text)

    async def read(self, path: str) -> str:
        """What is read in the page's main part."""
        return words(next((await self.page(path)).iter("main")))

    async def receipt(self) -> str:
        return await self.read(f"/purchases/{self.started.purchase_id}")

    async def figure(self) -> str:
        """The balance as the dashboard states it."""
        page = await self.page("/dashboard")
        return words(next(each for each in page.iter("p") if each.get("class") == "figure-number"))

    async def rows(self) -> list[str]:
        """The rows of the history, newest first, without their dates."""
        page = await self.page("/transactions")
        lines = [row for row in page.iter("tr") if any("change" in (td.get("class") or "") for td in row)]
        return [" | ".join(words(cell) for cell in list(row)[-6:-1]) for row in lines]

    async def newest_story(self) -> str:
        """The story behind the newest row."""
        page = await self.page("/transactions")
        hrefs = [str(each.get("href")) for each in by_id(page, "transactions-rows").iter("a")]
        return await self.read(next(href for href in hrefs if href.startswith("/transactions/")))

    async def refunded(self, cents: int | None = None) -> str:
        """Money goes back at Stripe, and its events have arrived."""
        made = refund(self.site.till, self.started, cents)
        await self.site.till.sandbox.quiet()
        return made

    async def disputed(self, **more: Any) -> str:
        made = dispute(self.site.till, self.started, **more)
        await self.site.till.sandbox.quiet()
        return made


async def customer(site: Site, pack: str = TRIPLE, **more: Any) -> Customer:
    """Somebody who has bought, and whose credits are there."""
    user_id = await make_user()
    started = await site.till.bought(user_id, pack, **more)
    await site.till.sandbox.quiet()
    return Customer(site, user_id, await site.signed_in(user_id), started)


async def test_a_refund_in_parts_is_told_by_money_and_credits_on_every_page(site: Site) -> None:
    """REFD-01: $49.00 takes none and is told, $50.00 takes one, $149.00 takes all three."""
    alice = await customer(site)
    await alice.refunded(4900)
    nothing_taken = (
        "$49.00 of $149.00 was returned. That is less than one credit cost, so none was taken back."
    )
    assert nothing_taken in await alice.receipt()
    assert nothing_taken in await alice.newest_story()
    assert await alice.rows() == ["Purchase | Purchase of Serial Entrepreneur | +3 | 3 | $149.00"]
    assert await alice.figure() == "3 credits"
    told = "Money: $149.00 paid, $49.00 returned, $49.00 of it without credits."
    assert told in await alice.read("/transactions")
    await alice.refunded(100)
    assert (await alice.rows())[0] == (
        "Refund | Refund of Serial Entrepreneur: −1 credit, $1.00 returned | −1 | 2 | −$1.00"
    )
    assert "1 of its 3 credits was taken back." in await alice.receipt()
    assert "Returned so far $50.00 of $149.00" in await alice.newest_story()
    assert await alice.figure() == "2 credits"
    await alice.refunded()
    assert (await alice.rows())[0] == (
        "Refund | Refund of Serial Entrepreneur: −2 credits, $99.00 returned | −2 | 0 | −$99.00"
    )
    receipt = await alice.receipt()
    assert "The whole price, $149.00, was returned, so all of its 3 credits were taken back." in receipt
    assert "Refunded" in receipt
    told = "Money: $149.00 paid, $149.00 returned, $49.00 of it without credits."
    assert told in await alice.read("/transactions")
    assert "3 were taken back after a refund. 0 left." in await alice.read("/dashboard")


@pytest.mark.parametrize(
    ("cents", "balance_credits"), [(4900, 3), (5000, 2), (9933, 2), (9934, 1), (14_900, 0)]
)
async def test_what_a_refund_takes_is_rounded_down(site: Site, cents: int, balance_credits: int) -> None:
    """REFD-01: as one sum, the same as in parts."""
    alice = await customer(site)
    await alice.refunded(cents)
    assert await balance_of(alice.user_id) == balance_credits
    assert await alice.figure() == ("1 credit" if balance_credits == 1 else f"{balance_credits} credits")


async def test_a_refund_that_fails_names_what_it_gives_back(site: Site) -> None:
    """REFD-05: credits and money return, and the story links what it undoes."""
    alice = await customer(site, "single-flight")
    fail_refund(site.till, await alice.refunded())
    await site.till.sandbox.quiet()
    assert [row.split(" | ", 1)[0] for row in await alice.rows()] == ["Given back", "Refund", "Purchase"]
    story = await alice.newest_story()
    assert "A refund of Single Flight did not go through after all, so 1 credit came back." in story
    assert "Gives back Refund of Single Flight: −1 credit, $79.00 returned" in story
    assert "taken back" not in await alice.receipt()
    assert await alice.figure() == "1 credit"


async def test_an_open_dispute_is_told_wherever_its_credits_were(site: Site) -> None:
    """REFD-02: opened, all credits are held."""
    alice = await customer(site)
    await alice.disputed()
    assert HELD in await alice.receipt()
    assert HELD in await alice.newest_story()
    dashboard = await alice.read("/dashboard")
    assert HELD in dashboard
    assert "3 were taken back after a dispute. 0 left." in dashboard
    assert (await alice.rows())[
        0
    ] == "Refund | Dispute about Serial Entrepreneur: −3 credits held | −3 | 0 | "


@pytest.mark.parametrize(
    ("ends", "state", "said", "figure"),
    [
        (win, "Paid", "the payment stood, and its credits were given back.", "3 credits"),
        (lose, "Charged back", "the bank returned the money, and its credits stay taken back.", "0 credits"),
    ],
)
async def test_a_dispute_that_is_over_is_told_by_its_end(
    site: Site, ends: Callable[..., None], state: str, said: str, figure: str
) -> None:
    """REFD-02: won gives back, lost keeps."""
    alice = await customer(site)
    ends(site.till, await alice.disputed())
    await site.till.sandbox.quiet()
    receipt = await alice.receipt()
    assert said in receipt
    assert state in receipt
    assert await alice.figure() == figure
    assert HELD not in await alice.read("/dashboard")
    story = await alice.newest_story()
    assert ("no longer holds it, so 3 credits came back." in story) == (ends is win)
    assert (said in story) == (ends is lose)


async def test_an_inquiry_is_told_and_takes_nothing(site: Site) -> None:
    """REFD-02."""
    alice = await customer(site)
    await alice.disputed(inquiry=True)
    asked = "The bank has asked about this payment. No money moved, and its credits stay."
    assert asked in await alice.receipt()
    assert asked in await alice.read("/dashboard")
    assert (await alice.figure(), len(await alice.rows())) == ("3 credits", 1)


async def test_a_used_credit_whose_money_went_back_is_owed_and_paid_first(site: Site) -> None:
    """REFD-03: −1, 402 with the sum, the next purchase pays first, what was opened stays open."""
    opened = await make_workshop(user_id=(user := await make_user()), current_step="journey-mapping")
    started = await site.till.bought(user, intent_workshop_id=opened)
    await site.till.sandbox.quiet()
    alice = Customer(site, user, await site.signed_in(user), started)
    await alice.refunded()
    assert await alice.figure() == "1 credit owed"
    dashboard = await alice.read("/dashboard")
    assert "You owe 1 credit, because a payment was returned after its credit was used." in dashboard
    assert "Your next purchase pays it first." in dashboard
    assert "You owe 1 credit. Your next purchase pays it first." in await alice.read("/workshops/new")
    closed = await make_workshop(user_id=user, current_step="journey-mapping")
    offer = words(by_id(await alice.page(f"/workshops/{closed}/steps/reframe", 402), "workshops-offer"))
    assert "You owe 1 credit" in offer
    assert "−1 + 3 − 1 = 1" in offer
    form = parsed((await alice.browser.get("/dashboard")).text)
    fields = {"csrf_token": hidden(form, "csrf_token"), "form_key": "key_of_this_test"}
    assert (await alice.browser.post(f"/workshops/{closed}/unlock", data=fields)).status_code == 402
    again = await site.till.bought(user, TRIPLE)
    success = f"/checkout/success?session_id={session_id_of(again)}"
    assert "3 credits added. You have 2." in await alice.read(success)
    assert (await alice.browser.get(f"/workshops/{opened}/steps/reframe")).status_code == 200


async def test_money_that_is_back_before_its_credits_is_told_on_the_return_page(site: Site) -> None:
    """REFD-04, 5.8, 5.10: granted and taken at once, and the unlock that it was for is left undone."""
    user = await make_user()
    workshop = await make_workshop(user_id=user, current_step="journey-mapping")
    started = await quietly_bought(site, user, intent_workshop_id=workshop)
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    refund(site.till, started)
    alice = Customer(site, user, await site.signed_in(user), started)
    text = await alice.read(f"/checkout/success?session_id={session_id_of(started)}")
    assert "1 credit added, 1 taken back." in text
    assert "The money went back, so nothing was unlocked." in text
    assert "You have 0." in text
    assert "The whole price, $79.00, was returned, so its credit was taken back." in text
    assert await followed(started.purchase_id) == [(-1, 7900, "refunded")]


async def test_the_return_page_of_a_purchase_that_opened_a_workshop_and_was_refunded(site: Site) -> None:
    """REFD-03: a kept address does not repeat the toast of that day."""
    user = await make_user()
    workshop = await make_workshop(user_id=user, title="Launch plan", current_step="journey-mapping")
    started = await site.till.bought(user, intent_workshop_id=workshop)
    await site.till.sandbox.quiet()
    alice = Customer(site, user, await site.signed_in(user), started)
    success = f"/checkout/success?session_id={session_id_of(started)}"
    assert (await alice.browser.get(success)).status_code == 303
    await alice.refunded()
    text = await alice.read(success)
    assert "1 credit added, 1 taken back. “Launch plan” was unlocked with it and stays open." in text
    assert "You owe 1 credit." in text


async def test_a_refund_on_its_way_is_told_and_takes_nothing_until_it_is_there(site: Site) -> None:
    """REFD-01: some banks take days."""
    alice = await customer(site, "single-flight")
    site.till.sandbox.fault("delivery", "drop", match="*", times=99)
    made = refund(site.till, alice.started)
    about = {"id": made, "payment_intent": payment_of(site.till, alice.started)}
    site.till.sandbox.tamper("refund", made, status="pending")
    assert (await site.send(event_about("refund.created", about))).status_code == 200
    for page in ("/dashboard", f"/purchases/{alice.started.purchase_id}"):
        assert "$79.00 is on its way back. Nothing is taken for it until it has arrived." in await alice.read(
            page
        )
    assert await alice.figure() == "1 credit"
    site.till.sandbox.tamper("refund", made, status="succeeded")
    assert (await site.send(event_about("refund.updated", about))).status_code == 200
    assert "on its way back" not in await alice.read("/dashboard")
    assert await alice.figure() == "0 credits"
