"""What `billing check` can find, as values. Knows nothing of where they come from."""

from dataclasses import dataclass, field
from enum import StrEnum


class About(StrEnum):
    """The part of an installation that a finding is about."""

    SETTINGS = "settings"
    DATABASE = "database"
    SCHEMA = "schema"
    LEDGER = "ledger"
    INBOX = "inbox"
    CATALOGUE = "catalogue"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and what to do about it."""

    about: About
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}. {self.mend}"


@dataclass
class Findings:
    """What was found wrong, what is only worth knowing, and what was looked at to the end."""

    wrong: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    looked_at: list[About] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, about: About, what: str, mend: str) -> None:
        self.wrong.append(Finding(about, what, mend))

    def note(self, about: About, what: str, mend: str) -> None:
        """Something weaker than it could be, or not compared: said, but no fault."""
        self.notes.append(Finding(about, what, mend))
