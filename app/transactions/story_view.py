"""Decides how one movement is told: in sentences, then line by line. Knows nothing of HTTP or SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.checkout.payment_words import Returned, dispute_told, payment_state
from app.ledger.rules import Kind, Status
from app.transactions.asking import KINDS
from app.transactions.history import Stored
from app.transactions.months import month_of
from app.transactions.rows import LedgerRow, ledger_row, status_text
from app.transactions.story import Story
from app.transactions.story_words import ACTORS, BY_PAYING, INTENT_WORDS, NOT_DONE
from app.web.filters import balance_text, change, credits, day_text, moment_text, money, zone_text
from app.web.words import counted, marked, said

RETURNING = frozenset({Kind.REFUND, Kind.REVERSAL})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is known, and where it leads."""

    label: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class StoryView:
    """A movement told; `status` is empty once it counts."""

    title: str
    status: str
    told: tuple[str, ...]
    change_text: str
    lines: tuple[Line, ...]
    receipt_href: str
    related: tuple[LedgerRow, ...]


def story_view(story: Story) -> StoryView:
    """The page of one movement."""
    movement = story.movement
    receipt_of = movement["purchase_id"] or movement["bought_by"]
    return StoryView(
        title=movement["description"],
        status=status_text(movement["status"]),
        told=tuple(_told(story)),
        change_text=f"{'+' if movement['amount'] > 0 else ''}{credits(movement['amount'])}",
        lines=(
            *_happening(movement),
            *_undoing(story),
            *_bought(story),
            *_payment(story),
            *_references(movement),
        ),
        receipt_href=f"/purchases/{receipt_of}" if receipt_of else "",
        related=tuple(map(ledger_row, story.related)),
    )


def _told(story: Story) -> list[str]:
    movement = story.movement
    tell: Mapping[Kind, Callable[[Stored], list[str]]] = {
        Kind.PURCHASE: _purchase_told,
        Kind.CONSUMPTION: partial(_unlock_told, undone=_undone(story)),
        Kind.REFUND: _refund_told,
        Kind.GRANT: _grant_told,
        Kind.REVERSAL: _reversal_told,
        Kind.ADJUSTMENT: _adjustment_told,
    }
    is_by_hand = movement["actor"] == "operator"  # else the reason is a word for machines
    because = (
        said("The reason: %(reason)s.", reason=movement["reason"])
        if is_by_hand and movement["reason"]
        else ""
    )
    returned = _returned(story).sentences if movement["type"] == Kind.PURCHASE else ()
    return [*tell[Kind(movement["type"])](movement), *returned, *filter(None, (because, movement["note"]))]


def _purchase_told(movement: Stored) -> list[str]:
    pack = movement["pack_name"]
    if movement["status"] == Status.PENDING:
        return [
            said(
                "You bought %(pack)s. The money is settling; its credits count as soon as it arrives.",
                pack=pack,
            )
        ]
    if movement["status"] == Status.FAILED:
        return [said("The payment for %(pack)s did not go through. Nothing was charged.", pack=pack)]
    price = money(movement["amount_cents"], movement["currency"])
    return [
        said(
            "You bought %(pack)s: %(credits)s for %(price)s.",
            pack=pack,
            credits=credits(movement["amount"]),
            price=price,
        )
    ]


def _unlock_told(movement: Stored, undone: Sequence[Stored]) -> list[str]:
    used, title = credits(-movement["amount"]), movement["workshop_title"]
    told = (
        said("You used %(credits)s to unlock “%(title)s”.", credits=used, title=title)
        if title
        else said("You used %(credits)s to unlock a workshop.", credits=used)
    )
    if not undone:
        return [told, said("All of its steps opened for good.")]
    came_back = marked("That was undone on %(day)s, and %(credits)s came back.")
    return [
        told,
        *(said(came_back, day=day_text(each["at"]), credits=credits(each["amount"])) for each in undone),
    ]


def _undone(story: Story) -> list[Stored]:
    """The movements that undid this one."""
    return [each for each in story.related if each["reverses_id"] == story.movement["id"]]


def _refund_told(movement: Stored) -> list[str]:
    number, pack = -movement["amount"], movement["pack_name"]
    taken = {"credits": credits(number), "pack": pack}
    if movement["reason"] == "disputed":
        stands = dispute_told(movement["dispute_status"])
        opened = counted(
            "When it was opened, %(credits)s of %(pack)s was taken.",
            "When it was opened, %(credits)s of %(pack)s were taken.",
            number,
            **taken,
        )
        return [stands or said("There was a dispute about this payment."), opened]
    if not movement["returned_cents"]:
        return [
            counted(
                "%(credits)s of %(pack)s was taken back.",
                "%(credits)s of %(pack)s were taken back.",
                number,
                **taken,
            )
        ]
    returned = money(movement["returned_cents"], movement["currency"])
    price = money(movement["amount_cents"], movement["currency"])
    told = counted(
        "%(returned)s of the %(price)s paid for %(pack)s went back to you, so %(credits)s was taken back.",
        "%(returned)s of the %(price)s paid for %(pack)s went back to you, so %(credits)s were taken back.",
        number,
        returned=returned,
        price=price,
        **taken,
    )
    return [told]


def _reversal_told(movement: Stored) -> list[str]:
    returned, pack = credits(movement["amount"]), movement["pack_name"]
    if movement["reason"] == "dispute_ended":
        told = marked(
            "The dispute about the payment for %(pack)s no longer holds it, so %(credits)s came back."
        )
        return [said(told, pack=pack, credits=returned)]
    if movement["purchase_id"]:
        told = marked("A refund of %(pack)s did not go through after all, so %(credits)s came back.")
        return [said(told, pack=pack, credits=returned)]
    told = marked("The unlock of “%(title)s” was undone, so %(credits)s came back.")
    return [said(told, title=movement["workshop_title"], credits=returned)]


def _grant_told(movement: Stored) -> list[str]:
    return [said("We gave you %(credits)s.", credits=credits(movement["amount"]))]


def _adjustment_told(movement: Stored) -> list[str]:
    return [said("We corrected your balance by %(credits)s.", credits=change(movement["amount"]))]


def _happening(movement: Stored) -> list[Line]:
    lines = [
        Line(said("Kind"), said(KINDS[movement["type"]])),
        Line(said("When (%(zone)s)", zone=zone_text()), moment_text(movement["at"])),
        Line(said("Who"), said(BY_PAYING if movement["bought_by"] else ACTORS[movement["actor"]])),
    ]
    if movement["seq"] is not None and day_text(movement["created_at"]) != day_text(movement["at"]):
        lines.append(Line(said("First seen"), day_text(movement["created_at"])))
    if movement["seq"] is not None:
        before, after = balance_text(movement["balance_before"]), balance_text(movement["balance_after"])
        lines.append(Line(said("Balance"), f"{before} → {after}"))
    if movement["workshop_title"]:
        lines.append(_workshop_line(movement))
    return lines


def _workshop_line(movement: Stored) -> Line:
    if movement["workshop_is_there"]:
        return Line(said("Workshop"), movement["workshop_title"], f"/workshops/{movement['workshop_id']}")
    return Line(said("Workshop"), said("%(title)s (deleted workshop)", title=movement["workshop_title"]))


def _undoing(story: Story) -> list[Line]:
    """What this row undoes, and what undid it."""
    told = story.movement
    undone = [
        Line(said("Gives back"), *_named(each)) for each in story.related if each["id"] == told["reverses_id"]
    ]
    return undone + [Line(said("Given back by"), *_named(each)) for each in _undone(story)]


def _named(movement: Stored) -> tuple[str, str]:
    return movement["description"], f"/transactions/{movement['id']}"


def _bought(story: Story) -> list[Line]:
    """The purchase that this unlock was a part of."""
    found = [each for each in story.related if each["purchase_id"]] if story.movement["bought_by"] else []
    return [
        Line(
            said("Purchase"),
            f"{each['pack_name']}, {money(each['amount_cents'], each['currency'])}",
            f"/purchases/{each['purchase_id']}",
        )
        for each in found
    ]


def _payment(story: Story) -> list[Line]:
    movement = story.movement
    if movement["purchase_status"] is None:
        return []
    lines = [
        Line(said("Pack"), f"{movement['pack_name']}, {credits(movement['purchase_credits'])}"),
        Line(said("Price"), money(movement["amount_cents"], movement["currency"])),
        Line(said("Payment"), said(_payment_state(movement))),
        *(Line(label, text) for label, text in _returned(story).lines),
    ]
    if movement["payment_method"]:
        lines.append(Line(said("Paid with"), movement["payment_method"]))
    if movement["unlock_workshop_id"]:
        lines.append(_intent_line(movement))
    return lines


def _returned(story: Story) -> Returned:
    """What went back of this row's purchase, whatever this row tells of it."""
    told = story.movement
    rows = [each for each in (told, *story.related) if each["purchase_id"] == told["purchase_id"]]
    return Returned(
        given_credits=told["purchase_credits"],
        taken_credits=-sum(each["amount"] for each in rows if each["type"] in RETURNING),
        amount_cents=told["amount_cents"],
        currency=told["currency"],
        refunded_cents=told["amount_refunded_cents"],
        pending_cents=told["refund_pending_cents"],
        dispute_status=told["dispute_status"],
        disputed_at=told["disputed_at"],
    )


def _payment_state(movement: Stored) -> str:
    return payment_state(
        movement["purchase_status"],
        amount_cents=movement["amount_cents"],
        amount_refunded_cents=movement["amount_refunded_cents"],
        dispute_status=movement["dispute_status"],
    )


def _intent_line(movement: Stored) -> Line:
    outcome = said(INTENT_WORDS.get(movement["intent_outcome"], NOT_DONE))
    title = f"“{movement['intent_title']}”" if movement["intent_title"] else said("a workshop that is gone")
    href = f"/workshops/{movement['unlock_workshop_id']}" if movement["intent_is_there"] else ""
    return Line(said("Bought to"), said("unlock %(title)s: %(outcome)s", title=title, outcome=outcome), href)


def _references(movement: Stored) -> list[Line]:
    payment = movement["payment_intent"] or movement["stripe_session_id"]
    lines = [Line(said("Reference"), movement["id"])]
    if movement["purchase_id"]:
        lines.append(Line(said("Purchase"), movement["purchase_id"], f"/purchases/{movement['purchase_id']}"))
    if payment:
        shown = (
            said("%(reference)s (demo purchase)", reference=payment)
            if movement["origin"] == "seed"
            else payment
        )
        lines.append(Line(said("Stripe reference"), shown))
    if movement["seq"] is not None:
        month = month_of(movement["at"])
        lines.append(Line(said("Statement"), month.label, month.href))
    return lines
