"""Mistakes that payment products make, as small changes of ours, each with the tests that must fail on it.

A change is a piece of the source and what stands in its place. The product's files are never touched: see `planting`.
"""

from dataclasses import dataclass
from typing import TypeAlias

Edit: TypeAlias = tuple[
    str, str, str
]  # module below `app`, what stands there once, what stands there instead

FULFILMENT, CLAWBACK = "tests/checkout/test_fulfilment.py", "tests/checkout/test_clawback.py"
EVENTS, MONEY_BACK = "tests/webhooks/test_events.py", "tests/checkout/test_money_back.py"
START, VERDICT = "tests/checkout/test_start.py", "tests/checkout/test_verdict.py"
POSTING, UNLOCK = "tests/ledger/test_posting.py", "tests/workshops/test_unlock.py"
KILLS, SWEEP = "tests/reliability/test_kills.py", "tests/reliability/test_crash_sweep.py"


@dataclass(frozen=True)
class Bug:
    """One mistake. Without edits its tests plant it by themselves, and succeed when it is caught."""

    name: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]


BUGS = (
    Bug(
        "the event is marked as done before its credits are given",
        (f"{SWEEP}::test_a_killed_webhook_is_made_good_by_its_redelivery",),
        (
            (
                "webhooks.handlers",
                "        await handler(event, event.object_id, means)\n",
                '        await settle(event, "done")\n        await handler(event, event.object_id, means)\n',
            ),
        ),
    ),
    Bug(
        "credits are given before the purchase is marked as paid",
        (f"{KILLS}::test_the_oracle_sees_what_a_product_doubles_that_applies_before_it_marks",),
        (),
    ),
    Bug(
        "the balance is a sum that is read before the charge is written",
        (
            f"{UNLOCK}::test_of_fifty_workshops_as_many_open_as_there_are_credits",
            f"{POSTING}::test_two_hundred_tries_on_one_credit_succeed_once",
        ),
        (
            (
                "ledger.posting",
                "     AND credit_balance + $3 >= 0                                      -- read",
                "     AND (SELECT sum(amount) FROM credit_transactions WHERE clerk_user_id = $2) + $3 >= 0 -- read",
            ),
        ),
    ),
    Bug(
        "the latest movement is locked instead of the person, who has none at first",
        (f"{START}::test_twenty_presses_at_once_make_one_page_and_one_customer",),
        (
            (
                "ledger.posting",
                '"SELECT credit_balance, ledger_seq FROM users WHERE clerk_user_id = $1 FOR NO KEY UPDATE"',
                '"SELECT credit_balance, ledger_seq FROM users LEFT JOIN LATERAL (SELECT FROM credit_transactions t'
                ' WHERE t.clerk_user_id = $1 ORDER BY seq DESC LIMIT 1 FOR UPDATE) last ON true WHERE clerk_user_id = $1"',
            ),
        ),
    ),
    Bug(
        "the return page does not ask whose purchase it is",
        (f"{FULFILMENT}::test_somebody_elses_session_is_unknown_and_stripe_is_not_asked",),
        (("checkout.purchases", "($2::text IS NULL OR p.clerk_user_id = $2)", "($2::text IS NULL OR true)"),),
    ),
    Bug(
        "an unlock does not ask whose workshop it is",
        (f"{POSTING}::test_nobody_pays_for_a_workshop_that_is_deleted_or_not_theirs",),
        (
            ("ledger.posting", "WHERE id = $5 AND clerk_user_id = $2\n", "WHERE id = $5\n"),
            ("ledger.posting", "workshops.id = $5 AND workshops.clerk_user_id = $2", "workshops.id = $5"),
        ),
    ),
    Bug(
        "an event of the other mode is carried out",
        (f"{EVENTS}::test_an_event_of_the_other_mode_has_no_effect",),
        (("webhooks.handlers", "elif event.livemode != means.gateway.is_live:", "elif False:"),),
    ),
    Bug(
        "an event of another account is carried out",
        (f"{EVENTS}::test_an_event_of_another_account_has_no_effect",),
        (("webhooks.handlers", "elif event.account is not None:", "elif False:"),),
    ),
    Bug(
        "the sum that was paid is not compared",
        (VERDICT, f"{FULFILMENT}::test_a_payment_that_does_not_match_is_refused"),
        (
            (
                "checkout.verdict",
                "if _differs(session.amount_total_cents, purchase.amount_cents, live=live):",
                "if False:",
            ),
        ),
    ),
    Bug(
        "the currency that was paid in is not compared",
        (VERDICT, f"{FULFILMENT}::test_a_payment_that_does_not_match_is_refused"),
        (
            (
                "checkout.verdict",
                '"currency" if _differs(currency, purchase.currency, live=live) else None',
                "None",
            ),
        ),
    ),
    Bug(
        "Stripe's word decides whose purchase it is, not our record",
        (VERDICT, f"{FULFILMENT}::test_lying_metadata_changes_nothing"),
        (("checkout.verdict", "if named != {purchase.id} and (named or live):", "if False:"),),
    ),
    Bug(
        "only the event's id keeps credits from being given again",
        ("tests/ledger/test_payments.py::test_fifty_counts_at_once_are_one",),
        (
            (
                "ledger.payments",
                "        rules.purchase_key(movement.purchase_id),\n",
                '        new_id("ctx"),\n',
            ),
        ),
    ),
    Bug(
        "an event that was seen counts as carried out",
        (f"{EVENTS}::test_an_event_whose_handling_failed_is_run_again",),
        (
            (
                "webhooks.inbox",
                "WHERE stripe_events.state IN ('received', 'quarantined')  ",
                "WHERE stripe_events.state = 'quarantined'  ",
            ),
        ),
    ),
    Bug(
        "each try to make a payment page has a key of its own",
        (f"{START}::test_an_unanswered_call_is_repeated_under_the_same_key",),
        (
            (
                "checkout.payment_page",
                'f"{purchase.id}:{purchase.request_no}"',
                'f"{purchase.id}:{datetime.now()}"',
            ),
        ),
    ),
    Bug(
        "a moment in the future is good enough for a signature",
        ("tests/payments/test_read_event.py::test_an_old_and_a_future_moment_are_refused",),
        (
            (
                "payments.stripe_gateway",
                "abs(now.timestamp() - signed_at(header))",
                "now.timestamp() - signed_at(header)",
            ),
        ),
    ),
    Bug(
        "a way back is safe if it begins with a slash",
        ("tests/web/test_safe_path.py::test_a_hostile_way_back_becomes_the_fallback",),
        (
            (
                "web.security",
                "    if not text or len(text) > LONGEST_PATH or not is_local_path(text):\n        return fallback\n",
                '    if text and text.startswith("/"):\n        return text\n    if not text:\n        return fallback\n',
            ),
        ),
    ),
    Bug(
        "a database error that was swallowed makes the commit a rollback, in silence",
        ("tests/test_tx.py",),
        (("database", 'await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")', "pass"),),
    ),
    Bug(
        "a transaction inside another joins it in silence",
        ("tests/test_tx.py",),
        (
            (
                "database",
                "    current = PostgresTransaction(DB, allow_nested=False)\n    async with",
                "    current = PostgresTransaction(DB, allow_nested=True)\n"
                "    if DB.current_transaction.get():\n        yield current\n        return\n    async with",
            ),
        ),
    ),
    Bug(
        "the workshop is unlocked before credits that are due back are taken",
        (f"{CLAWBACK}::test_a_part_that_is_back_already_opens_no_workshop",),
        (
            (
                "checkout.fulfilment",
                "await _with_intent(case, await _less_money_back(case, _granted(case, posted)))",
                "await _less_money_back(case, await _with_intent(case, _granted(case, posted)))",
            ),
        ),
    ),
    Bug(
        "a purchase whose money is back unlocks its workshop with other credits",
        (f"{CLAWBACK}::test_money_that_is_back_before_the_credits_came_unlocks_nothing",),
        (("checkout.intent", "    if is_returned:\n", "    if False:\n"),),
    ),
    Bug(
        "the event decides how a payment ended, not the payment",
        (f"{FULFILMENT}::test_the_event_decides_only_where_stripe_names_no_payment", VERDICT),
        (
            (
                "checkout.verdict",
                "event_type == FAILED_EVENT if said is None else said in FAILED_INTENTS",
                "event_type == FAILED_EVENT",
            ),
        ),
    ),
    Bug(
        "an inquiry that moves no money takes credits",
        (f"{CLAWBACK}::test_an_inquiry_takes_nothing",),
        (
            (
                "checkout.payment_words",
                'NOT_HELD = frozenset({"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"})',
                'NOT_HELD = frozenset({"won", "prevented"})',
            ),
        ),
    ),
    Bug(
        "each part of a refund takes a whole credit",
        (f"{MONEY_BACK}::test_a_refund_in_parts_takes_what_the_sum_takes",),
        (
            (
                "checkout.money_back",
                "return credits * back.refunded_cents // amount_cents",
                "return -(-credits * back.refunded_cents // amount_cents)",
            ),
        ),
    ),
    Bug(
        "credits that were given back cannot be taken again",
        (f"{CLAWBACK}::test_a_refund_that_fails_gives_back_and_the_same_again_takes_again",),
        (("ledger.rules", 'f"refund:{purchase_id}:{moves}"', 'f"refund:{purchase_id}"'),),
    ),
    Bug(
        "an older reading of refunds overwrites a newer one",
        (f"{CLAWBACK}::test_an_older_reading_never_overwrites_a_newer_one",),
        (("checkout.returns", "now is None or now.returns_seen != purchase.returns_seen", "now is None"),),
    ),
    Bug(
        "a late reversal undoes the newest unlock, not its own",
        (f"{POSTING}::test_a_late_reversal_leaves_a_newer_unlock_alone",),
        (
            (
                "ledger.reversal",
                'if not posted.repeated and undone["workshop_id"] is not None:',
                'if undone["workshop_id"] is not None:',
            ),
        ),
    ),
    Bug(
        "a payment that names a purchase we do not have is left alone",
        (f"{EVENTS}::test_a_session_that_names_a_purchase_wrongly_is_quarantined",),
        (
            (
                "webhooks.handlers",
                'await settle(event, "quarantined", error=found.reason, ',
                'await settle(event, "ignored", error=found.reason, ',
            ),
        ),
    ),
    Bug(
        "two comparisons run at once",
        ("tests/reconcile/test_runners.py::test_of_two_runners_one_works_and_the_other_leaves_at_once",),
        (("reconcile.reconcile", "        if not won:\n", "        if won is None:\n"),),
    ),
)
