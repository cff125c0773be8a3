"""The demo people as data: who they are and what each of them shows. Their history is written by the seed."""

from dataclasses import dataclass

from app.errors import BadInput
from app.web.words import marked


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to sign in as. `shows` is one line for the sign-in page and the terminal."""

    name: str
    shows: str
    is_welcomed: bool = True

    @property
    def user_id(self) -> str:
        """Stable, so that the seed and the sign-in page mean the same row."""
        return f"user_seed_billing_{self.name}"

    @property
    def email(self) -> str:
        """An address that can reach nobody."""
        return f"billing-{self.name}@seed.test"

    @property
    def full_name(self) -> str:
        """As pages show it."""
        return self.name.capitalize()


DEMO_PEOPLE = (
    DemoPerson(
        "zero", marked("A newcomer with nothing yet: the welcome and the empty pages"), is_welcomed=False
    ),
    DemoPerson("funded", marked("Three credits bought and none used: choose how to start a workshop")),
    DemoPerson("active", marked("Two purchases, three unlocks and one credit left")),
    DemoPerson("refund", marked("A payment that was returned in full, and its credit with it")),
    DemoPerson("pending", marked("A payment that is still settling and does not count yet")),
    DemoPerson("onboarding", marked("A first workshop under way, the welcome still open"), is_welcomed=False),
    DemoPerson("gate", marked("No credits, and one press away from the end of the free steps")),
    DemoPerson("ready", marked("Two credits at the gate, and a finished workshop with its Build Pack")),
    DemoPerson("many", marked("Thirty workshops, some of them unlocked and some finished")),
    DemoPerson("debt", marked("A credit that was used and then disputed: one credit owed")),
    DemoPerson("long", marked("Two hundred rows of history from January 2025 to October 2026")),
    DemoPerson("grandfathered", marked("A workshop from before the paywall: open without a credit")),
    DemoPerson("operator", marked("One of the support team")),
)


def demo_person(name: str) -> DemoPerson:
    """The demo person of this name.

    Raises: BadInput: there is none.
    """
    for each in DEMO_PEOPLE:
        if each.name == name:
            return each
    raise BadInput(user="There is no demo person of this name.")
