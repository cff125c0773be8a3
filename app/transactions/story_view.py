"""Decides how one movement is told: in sentences, then line by line. Knows nothing of HTTP or SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.checkout.payment_words import Returned, dispute_told, payment_state
from app.ledger.rules import Kind, Status
from app.transactions.asking import KINDS
from app.transactions.history import Stored
from app.transactions.rows import STATUS_WORDS, LedgerRow, ledger_row
from app.transactions.statement_months import month_of
from app.transactions.story import Story
from app.web.filters import balance_text, change, credits, day_text, moment_text, money, zone_text

ACTORS = {
    "user": "You",
    "operator": "Our support",
    "stripe": "The payment service, when it told us about the payment",
    "system": "This site, by itself",
}
RETURNING = frozenset({Kind.REFUND, Kind.REVERSAL})
INTENT_WORDS: Mapping[str | None, str] = {
    None: "once it is paid",
    "unlocked": "done",
    "undone": "done, and undone since",
    "already_open": "the workshop was already open, so no credit was used",
    "deleted": "the workshop was deleted meanwhile, so no credit was used",
    "not_enough": "the balance did not cover it, so no credit was used",
    "returned": "the money went back, so no credit was used",
}


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
    return StoryView(
        title=movement["description"],
        status=STATUS_WORDS[movement["status"]],
        told=tuple(_told(story)),
        change_text=f"{'+' if movement['amount'] > 0 else ''}{credits(movement['amount'])}",
        lines=(*_happening(movement), *_undoing(story), *_payment(story), *_references(movement)),
        receipt_href=f"/purchases/{movement['purchase_id']}" if movement["purchase_id"] else "",
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
    because = f"The reason: {movement['reason']}." if is_by_hand and movement["reason"] else ""
    returned = _returned(story).sentences if movement["type"] == Kind.PURCHASE else ()
    told = tell[Kind(movement["type"])](movement)
    if movement["type"] == Kind.CONSUMPTION and _undoing(story):
        told = [*told, "That was undone, and the credit came back."]
    return [*told, *returned, *filter(None, (because, movement["note"]))]


def _purchase_told(movement: Stored) -> list[str]:
    pack = movement["pack_name"]
    if movement["status"] == Status.PENDING:
        return [f"You bought {pack}. The money is settling; its credits count as soon as it arrives."]
    if movement["status"] == Status.FAILED:
        return [f"The payment for {pack} did not go through. Nothing was charged."]
    price = money(movement["amount_cents"], movement["currency"])
    return [f"You bought {pack}: {credits(movement['amount'])} for {price}."]


def _unlock_told(movement: Stored, undone: Sequence[Stored]) -> list[str]:
    what = f"“{movement['workshop_title']}”" if movement["workshop_title"] else "a workshop"
    used = f"You used {credits(-movement['amount'])} to unlock {what}."
    if not undone:
        return [used, "All of its steps opened for good."]
    back = [
        f"That was undone on {day_text(each['at'])}, and {credits(each['amount'])} came back."
        for each in undone
    ]
    return [used, *back]


def _undone(story: Story) -> list[Stored]:
    """The movements that undid this one."""
    return [each for each in story.related if each["reverses_id"] == story.movement["id"]]


def _refund_told(movement: Stored) -> list[str]:
    taken = credits(-movement["amount"])
    were, pack = "was" if movement["amount"] == -1 else "were", movement["pack_name"]
    if movement["reason"] == "disputed":
        stands = dispute_told(movement["dispute_status"])
        opened = f"When it was opened, {taken} of {pack} {were} taken."
        return [stands or "There was a dispute about this payment.", opened]
    if not movement["returned_cents"]:
        return [f"{taken} of {pack} {were} taken back."]
    returned = money(movement["returned_cents"], movement["currency"])
    price = money(movement["amount_cents"], movement["currency"])
    return [f"{returned} of the {price} paid for {pack} went back to you, so {taken} {were} taken back."]


def _reversal_told(movement: Stored) -> list[str]:
    returned, pack = credits(movement["amount"]), movement["pack_name"]
    if movement["reason"] == "dispute_ended":
        return [f"The dispute about the payment for {pack} no longer holds it, so {returned} came back."]
    if movement["purchase_id"]:
        return [f"A refund of {pack} did not go through after all, so {returned} came back."]
    return [f"The unlock of “{movement['workshop_title']}” was undone, so {returned} came back."]


def _grant_told(movement: Stored) -> list[str]:
    return [f"We gave you {credits(movement['amount'])}."]


def _adjustment_told(movement: Stored) -> list[str]:
    return [f"We corrected your balance by {change(movement['amount'])}."]


def _happening(movement: Stored) -> list[Line]:
    lines = [
        Line("Kind", KINDS[movement["type"]]),
        Line(f"When ({zone_text()})", moment_text(movement["at"])),
        Line("Who", ACTORS[movement["actor"]]),
    ]
    if movement["seq"] is not None and day_text(movement["created_at"]) != day_text(movement["at"]):
        lines.append(Line("First seen", day_text(movement["created_at"])))
    if movement["seq"] is not None:
        before, after = balance_text(movement["balance_before"]), balance_text(movement["balance_after"])
        lines.append(Line("Balance", f"{before} → {after}"))
    if movement["workshop_title"]:
        lines.append(_workshop_line(movement))
    return lines


def _workshop_line(movement: Stored) -> Line:
    if movement["workshop_is_there"]:
        return Line("Workshop", movement["workshop_title"], f"/workshops/{movement['workshop_id']}")
    return Line("Workshop", f"{movement['workshop_title']} (deleted workshop)")


def _undoing(story: Story) -> list[Line]:
    """What this row undoes, and what undid it."""
    told = story.movement
    undone = [
        Line("Gives back", *_named(each)) for each in story.related if each["id"] == told["reverses_id"]
    ]
    return undone + [Line("Given back by", *_named(each)) for each in _undone(story)]


def _named(movement: Stored) -> tuple[str, str]:
    return movement["description"], f"/transactions/{movement['id']}"


def _payment(story: Story) -> list[Line]:
    movement = story.movement
    if movement["purchase_status"] is None:
        return []
    lines = [
        Line("Pack", f"{movement['pack_name']}, {credits(movement['purchase_credits'])}"),
        Line("Price", money(movement["amount_cents"], movement["currency"])),
        Line("Payment", _payment_state(movement)),
        *(Line(label, text) for label, text in _returned(story).lines),
    ]
    if movement["payment_method"]:
        lines.append(Line("Paid with", movement["payment_method"]))
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
    outcome = INTENT_WORDS.get(movement["intent_outcome"], "not done")
    title = f"“{movement['intent_title']}”" if movement["intent_title"] else "a workshop that is gone"
    href = f"/workshops/{movement['unlock_workshop_id']}" if movement["intent_is_there"] else ""
    return Line("Bought to", f"unlock {title}: {outcome}", href)


def _references(movement: Stored) -> list[Line]:
    payment = movement["payment_intent"] or movement["stripe_session_id"]
    lines = [Line("Reference", movement["id"])]
    if movement["purchase_id"]:
        lines.append(Line("Purchase", movement["purchase_id"], f"/purchases/{movement['purchase_id']}"))
    if payment:
        demo = " (demo purchase)" if movement["origin"] == "seed" else ""
        lines.append(Line("Stripe reference", payment + demo))
    if movement["seq"] is not None:
        month = month_of(movement["at"])
        lines.append(Line("Statement", month.label, month.href))
    return lines
