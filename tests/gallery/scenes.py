"""How to reach each page that is worth a picture, as a person would. Knows nothing of pictures."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

SETTLING = "/checkout/success?session_id=cs_seed_pending_001"
RETURNED = "/checkout/success?session_id=cs_seed_refund_001"
OPERATOR = "operator@example.com"  # of the product that is looked at
ERASED = "grandfathered"  # a demo person whom `with_somebody_erased` has forgotten
Walk = Callable[[Page], None]


@dataclass(frozen=True)
class Scene:
    """One page in one state: who looks at it, and the way there from the first signed-in page.

    `is_plain_too`: worth a picture without JavaScript as well; then the way there needs none either.
    """

    name: str
    person: str | None
    walk: Walk
    is_plain_too: bool = False


def at(path: str) -> Walk:
    def walk(page: Page) -> None:
        page.goto(path)

    return walk


def in_first_workshop(then: Walk) -> Walk:
    def walk(page: Page) -> None:
        page.goto("/dashboard")
        page.locator("#workshops-list a").first.click()
        page.wait_for_load_state()
        then(page)

    return walk


def _here(page: Page) -> None:
    page.wait_for_load_state()


def _prompt(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()
    page.locator("#workshops-offer").wait_for()


def _locked(page: Page) -> None:
    page.goto(page.url.rsplit("/", 1)[0] + "/concept")


def _deleting(page: Page) -> None:
    page.goto(page.url.split("/steps/")[0] + "/delete")


def _buy(page: Page) -> None:
    page.goto("/pricing")
    page.locator(".button.buy").first.click()
    page.wait_for_url("**/c/pay/**")


def _declined(page: Page) -> None:
    _buy(page)
    page.get_by_label("Card number").fill("4000000000000002")
    page.get_by_role("button", name="Pay").first.click()
    page.get_by_role("alert").wait_for()


def _granted(page: Page) -> None:
    _buy(page)
    page.get_by_role("button", name="Pay").first.click()
    page.wait_for_url("**/checkout/success**")


def _receipt(page: Page) -> None:
    page.goto("/transactions")
    page.get_by_role("link", name="Receipt").first.click()
    page.wait_for_load_state()


def _story(page: Page) -> None:
    page.goto("/transactions")
    page.locator("table a[href^='/transactions/ctx']").first.click()
    page.wait_for_load_state()


def _cancelled(page: Page) -> None:
    _buy(page)
    page.get_by_role("link", name="Leave without paying").click()
    page.wait_for_url("**/checkout/cancel**")


def _hint(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("button", name="What is a credit?").click()


def _unlocked(page: Page) -> None:
    page.goto("/workshops/new")
    page.get_by_label("Use 1 credit now").check()
    page.get_by_role("button", name="Create workshop").click()
    page.get_by_role("button", name="Undo").wait_for()


def _saved(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Notes saved.").first.wait_for()


def _stale(page: Page) -> None:
    """As if another tab had saved meanwhile: both texts are shown, and nothing is written."""
    page.get_by_label("Your notes").fill("Written in another tab.")
    page.locator("#notes-version").evaluate("field => { field.value = Number(field.value) + 7 }")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Nothing was overwritten.").wait_for()


def _not_reached(page: Page) -> None:
    page.goto(page.url.rsplit("/", 1)[0] + "/persona")


def _build_pack(page: Page) -> None:
    page.goto("/dashboard")
    page.get_by_role("link", name="Seed: Finished Workshop").first.click()
    page.get_by_role("link", name="Open the Build Pack").click()
    page.get_by_text("Build Pack", exact=True).wait_for()


def _too_long(page: Page) -> None:
    page.goto("/workshops/new")
    page.get_by_label("Title").fill("A title that never ends " * 5)
    page.get_by_role("button", name="Create workshop").click()
    page.get_by_text("Please check this").wait_for()


def _with_filters(page: Page) -> None:
    page.goto("/transactions")
    opener = page.locator("summary", has_text="Filter")
    if opener.is_visible():  # where it is narrow
        opener.click()


def _filtered(page: Page) -> None:
    _with_filters(page)
    page.locator("#type").select_option("refund")
    page.get_by_role("button", name="Apply filters").click()
    page.wait_for_url("**type=refund*")
    page.get_by_role("heading", name="3 rows match these filters").wait_for()


def _away(page: Page) -> None:
    _with_filters(page)
    page.context.set_offline(True)
    page.locator("#type").select_option("grant")
    page.locator("#flash .notice").wait_for()
    page.context.set_offline(False)


def _exported(page: Page) -> None:
    page.goto("/account")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download your data").click()
    downloading.value.path()
    page.reload()  # the file left the page as it was


def _undone_too_late(page: Page) -> None:
    """As a form of long ago would: the unlock of this workshop is older than anyone may undo."""
    workshop = page.url.split("/steps/")[0]
    with page.expect_navigation():
        page.locator("#workshops-notes form").last.evaluate(
            "(form, action) => { form.action = action; form.submit() }", f"{workshop}/unlock/undo"
        )
    page.get_by_role("heading", name="This cannot be undone").wait_for()


def _demo(person: str) -> Walk:
    def walk(page: Page) -> None:
        page.goto("/sign-in")
        page.locator(f"button[name=user][value={person}]").click()
        page.wait_for_load_state()

    return walk


def _sign_in_ended(page: Page) -> None:
    """While somebody writes: signed out elsewhere, say."""
    _demo("onboarding")(page)
    in_first_workshop(_here)(page)
    page.get_by_label("Your notes").fill("What was typed when the sign-in had ended.")
    page.context.clear_cookies(name=re.compile("session"))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/sign-in?**")


def _notes_kept(page: Page) -> None:
    _sign_in_ended(page)
    page.locator("button[name=user][value=onboarding]").click()
    page.get_by_text("before your sign-in ended").wait_for()


def _mailed(address: str) -> Walk:
    def walk(page: Page) -> None:
        page.goto("/sign-in")
        page.get_by_label("Your e-mail address").fill(address)
        page.get_by_role("button", name="Send me a link").click()
        page.get_by_role("heading", name="Check your mail").wait_for()

    return walk


def _confirmed(page: Page) -> None:
    _mailed("bob@example.com")(page)
    page.goto("/dev/mailbox")
    page.get_by_role("article").filter(has_text="bob@").first.get_by_role("link").click()
    page.get_by_role("button", name="Continue").wait_for()


def _second_way(page: Page) -> None:
    page.goto("/account/sign-in")
    if page.get_by_role("link", name="Remove second@example.com").count():
        return
    page.get_by_label("An e-mail address").fill("second@example.com")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_text("A link is on its way").wait_for()
    page.goto("/dev/mailbox")
    page.get_by_role("article").filter(has_text="second@").first.get_by_role("link").click()
    page.get_by_role("button", name="Add the address").click()
    page.get_by_text("From now on").wait_for()


def _removing_a_way(page: Page) -> None:
    _second_way(page)
    page.get_by_role("link", name="Remove second@example.com").click()
    page.get_by_role("heading", name="Remove Link by e-mail?").wait_for()


def _as_operator(page: Page) -> None:
    """By a mailed link: no demo person proves an address."""
    _mailed(OPERATOR)(page)
    page.goto("/dev/mailbox")
    page.get_by_role("article").filter(has_text=OPERATOR).first.get_by_role("link").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/dashboard")
    page.goto("/operator")


SCENES = (
    Scene("sign-in", None, at("/sign-in")),
    Scene("ways-to-sign-in", "active", at("/account/sign-in")),
    Scene("ways-to-sign-in-added", "active", _second_way),
    Scene("way-to-sign-in-removed", "active", _removing_a_way),
    Scene("sign-in-mailed", None, _mailed("alice@example.com")),
    Scene("sign-in-confirm", None, _confirmed),
    Scene("sign-in-refused", None, at("/sign-in/email/nothing")),
    Scene("mailbox", None, at("/dev/mailbox")),
    Scene("sign-in-erased", None, _demo(ERASED)),
    Scene("sign-in-ended", None, _sign_in_ended),
    Scene("pricing", None, at("/pricing"), is_plain_too=True),
    Scene("pricing-in-debt", "debt", at("/pricing")),
    Scene("pricing-one-pack", "zero", at("/pricing?pack=single-flight")),
    Scene("help", None, at("/help")),
    Scene("dashboard-welcome", "zero", at("/dashboard"), is_plain_too=True),
    Scene("dashboard-welcome-with-workshop", "onboarding", at("/dashboard")),
    Scene("dashboard-many", "many", at("/dashboard"), is_plain_too=True),
    Scene("dashboard-debt", "debt", at("/dashboard")),
    Scene("dashboard-settling", "pending", at("/dashboard")),
    Scene("new-workshop", "gate", at("/workshops/new")),
    Scene("new-workshop-with-credits", "funded", at("/workshops/new")),
    Scene("step", "onboarding", in_first_workshop(_here)),
    Scene("step-saved", "onboarding", in_first_workshop(_saved)),
    Scene("step-saved-elsewhere", "onboarding", in_first_workshop(_stale)),
    Scene("step-notes-kept", None, _notes_kept),
    Scene("step-not-reached", "onboarding", in_first_workshop(_not_reached)),
    Scene("step-unlocked", "active", in_first_workshop(_here)),
    Scene("gate-prompt", "gate", in_first_workshop(_prompt), is_plain_too=True),
    Scene("gate-prompt-covered", "ready", in_first_workshop(_prompt)),
    Scene("delete", "onboarding", in_first_workshop(_deleting)),
    Scene("build-pack", "ready", _build_pack),
    Scene("new-workshop-refused", "gate", _too_long),
    Scene("new-workshop-in-debt", "debt", at("/workshops/new")),
    Scene("locked", "onboarding", in_first_workshop(_locked), is_plain_too=True),
    Scene("payment", "gate", _buy),
    Scene("payment-declined", "gate", _declined),
    Scene("cancelled", "gate", _cancelled),
    Scene("cancelled-nothing", "zero", at("/checkout/cancel")),
    Scene("settling", "pending", at(SETTLING)),
    Scene("returned", "refund", at(RETURNED)),
    Scene("return-unknown", "active", at("/checkout/success?session_id=cs_nothing")),
    Scene("granted", "funded", _granted),
    Scene("history", "long", at("/transactions")),
    Scene("history-filtered", "long", _filtered, is_plain_too=True),
    Scene("history-of-a-month", "long", at("/transactions?type=purchase&status=completed&month=2026-05")),
    Scene("history-empty", "zero", at("/transactions")),
    Scene("history-no-match", "many", at("/transactions?q=nothing")),
    Scene("history-bad-date", "long", at("/transactions?from=yesterday")),
    Scene("history-away", "long", _away),
    Scene("story", "refund", _story),
    Scene("story-disputed", "debt", _story),
    Scene("statements", "long", at("/statements")),
    Scene("statement", "long", at("/statements/2026-05")),
    Scene("balance", "long", at("/balance")),
    Scene("balance-on-a-day", "debt", at("/balance?on=2026-03-10")),
    Scene("receipt", "active", _receipt),
    Scene("receipt-disputed", "debt", _receipt),
    Scene("receipt-settling", "pending", _receipt),
    Scene("credit-hint", "active", _hint),
    Scene("account", "active", at("/account")),
    Scene("account-exported", "active", _exported),
    Scene("browsers", "active", at("/account/sessions")),
    Scene("step-just-unlocked", "funded", _unlocked),
    Scene("operator", None, _as_operator),
    Scene("undone-too-late", "active", in_first_workshop(_undone_too_late)),
    Scene("not-found", "active", at("/purchases/pur_nothing")),
    Scene("styleguide", None, at("/styleguide")),
)
