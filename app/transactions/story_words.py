"""The words for who moved credits, and for what became of a purchase's intent. Pure; translated where they are shown."""

from collections.abc import Mapping

from app.web.words import marked

ACTORS = {
    "user": marked("You"),
    "operator": marked("Our support"),
    "stripe": marked("The payment service, when it told us about the payment"),
    "system": marked("This site, by itself"),
}
BY_PAYING = marked("You, when you paid for it")
NOT_DONE = marked("not done")
INTENT_WORDS: Mapping[str | None, str] = {
    None: marked("once it is paid"),
    "unlocked": marked("done"),
    "undone": marked("done, and undone since"),
    "already_open": marked("the workshop was already open, so no credit was used"),
    "deleted": marked("the workshop was deleted meanwhile, so no credit was used"),
    "not_enough": marked("the balance did not cover it, so no credit was used"),
    "returned": marked("the money went back, so no credit was used"),
}
