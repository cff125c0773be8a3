"""Decides how workshops and payments read on the dashboard. Knows nothing of HTTP or SQL."""

from collections.abc import Mapping

from app.checkout.payment_words import (
    FAILED,
    IN_REVIEW,
    dispute_told,
    is_held,
    payment_state,
    pending_told,
)
from app.dashboard.view import PayAgain, PaymentCard, WorkshopCard
from app.transactions.history import Stored
from app.web.filters import moment_text, money
from app.web.words import marked, said
from app.workshops.access import AccessKind, PaywallRules, WorkshopFacts, decide
from app.workshops.steps import FIRST_PAID_SLUG, STEPS, step

PATH = "/dashboard"
STATES: Mapping[AccessKind, str] = {
    AccessKind.LOCKED: marked("Free part"),
    AccessKind.UNLOCKED: marked("Unlocked"),
    AccessKind.GRANDFATHERED: marked("Open"),
    AccessKind.DISABLED: "",
}
NOT_PAID: Mapping[str, str] = {
    "started": marked("Payment not started"),
    "open": marked("Not paid yet"),
    "failed": marked("Payment failed"),
    "expired": marked("Payment not made"),
}
TEXTS: Mapping[str, str] = {
    "started": marked("The payment could not be started. Nothing was charged."),
    "open": marked("The payment page is still open. Nothing was charged."),
    "settling": marked(
        "The money is on its way. The credits count as soon as it arrives; there is nothing to do."
    ),
    "failed": FAILED,
    "refused": IN_REVIEW,
}


def workshop_card(workshop: Stored, *, rules: PaywallRules, form_key: str) -> WorkshopCard:
    """A workshop as the list shows it. Two ways on stand beside one whose payment was never made."""
    facts = WorkshopFacts(workshop["created_at"], workshop["credit_consumed_at"])
    access, current = decide(facts, FIRST_PAID_SLUG, 0, rules), step(workshop["current_step"])
    waits = workshop["payment_status"] in NOT_PAID and workshop["is_untouched"] and not access.is_open
    is_completed = workshop["status"] == "completed"
    return WorkshopCard(
        id=workshop["id"],
        title=workshop["title"],
        href=f"/workshops/{workshop['id']}",
        step_number=current.number,
        step_count=len(STEPS),
        current_step_name=current.name,
        is_completed=is_completed,
        state_label=said(STATES[access.kind]) if STATES[access.kind] else "",
        action_label=said("Open") if is_completed else said("Continue"),
        payment_label=said(NOT_PAID[workshop["payment_status"]]) if waits else _settling(workshop),
        pay_again=_again(workshop["pack"], workshop["id"], form_key) if waits else None,
        start_href=f"/workshops/{workshop['id']}/start" if waits else "",
    )


def payment_card(payment: Stored, *, form_key: str) -> PaymentCard:
    """A purchase as the dashboard tells it, with the ways on that its state leaves."""
    status, price = payment["status"], money(payment["amount_cents"], payment["currency"])
    href, label = _way_on(payment)
    is_unpaid = status in {"started", "open"}
    return PaymentCard(
        purchase_id=payment["id"],
        what=f"{payment['pack_name']}, {price}",
        status=said(NOT_PAID[status]) if is_unpaid else _state(payment),
        text=said(TEXTS[status]) if status != "paid" else _going_back(payment),
        workshop_title=payment["workshop_title"] or "",
        at_iso=payment["created_at"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        at_text=moment_text(payment["created_at"]),
        is_red=status in {"failed", "refused"} or is_held(payment["dispute_status"]),
        href=href,
        href_label=label,
        pay_again=_again(payment["pack"], payment["workshop_id"] or "", form_key)
        if status == "started"
        else None,
        close_href=f"/purchases/{payment['id']}/close" if is_unpaid else "",
    )


def _settling(workshop: Stored) -> str:
    return said("Payment settling") if workshop["payment_status"] == "settling" else ""


def _state(payment: Stored) -> str:
    state = payment_state(
        payment["status"],
        amount_cents=payment["amount_cents"],
        amount_refunded_cents=payment["amount_refunded_cents"],
        dispute_status=payment["dispute_status"],
    )
    return said(state)


def _going_back(payment: Stored) -> str:
    """What is not over yet of a payment that was made."""
    told = (
        dispute_told(payment["dispute_status"]),
        pending_told(payment["refund_pending_cents"], payment["currency"]),
    )
    return " ".join(each for each in told if each)


def _again(pack: str, workshop_id: str, form_key: str) -> PayAgain:
    return PayAgain(pack, workshop_id, f"/workshops/{workshop_id}" if workshop_id else PATH, form_key)


def _way_on(payment: Stored) -> tuple[str, str]:
    if payment["status"] == "started":
        return "", ""
    if payment["status"] == "open":
        return f"/purchases/{payment['id']}/payment", said("Go to the payment page")
    return f"/purchases/{payment['id']}", said("See this payment")
