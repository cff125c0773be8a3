"""Words and commands of the page for operators. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.operator.reading import Waiting
from app.web.words import counted, marked, said

# What operators ask, and the command that answers; a change of money or access is made by a command alone.
COMMANDS = (
    (marked("Is everything as it should be?"), "billing check"),
    (marked("Do the books and Stripe agree?"), "billing reconcile --dry-run"),
    (marked("Which messages of Stripe were not carried out?"), "billing events --state quarantined"),
    (marked("What is in one of them?"), "billing events show EVENT"),
    (marked("Carry one out again"), "billing events replay EVENT"),
    (marked("Who changed what about access and credits?"), "billing audit-trail USER"),
    (marked("Give somebody credits"), "billing grant USER CREDITS --reason TEXT"),
    (marked("Sign somebody out everywhere"), "billing sign-out USER"),
    (marked("Forget a person for good"), "billing erase USER"),
)


@dataclass(frozen=True, slots=True)
class OperatorPage:
    """`waiting` are sentences, none where nothing waits; `commands` pairs of a question and its command."""

    waiting: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]


def operator_page(found: Waiting) -> OperatorPage:
    """The page for these counts."""
    return OperatorPage(
        tuple(_sentences(found)), tuple((said(question), command) for question, command in COMMANDS)
    )


def _sentences(found: Waiting) -> Iterator[str]:
    if found.refused_purchases:
        yield counted(
            "%(num)s payment differs from its purchase: no credits were given for it.",
            "%(num)s payments differ from their purchases: no credits were given for them.",
            found.refused_purchases,
        )
    if found.quarantined_events:
        yield counted(
            "%(num)s message of Stripe is quarantined.",
            "%(num)s messages of Stripe are quarantined.",
            found.quarantined_events,
        )
    if found.unfinished_events:
        yield counted(
            "%(num)s message of Stripe was taken in and not carried out.",
            "%(num)s messages of Stripe were taken in and not carried out.",
            found.unfinished_events,
        )
