"""What a comparison with Stripe found, as values: what it mended, what a person has to see to, and how complete we are.

Pure. Knows neither Stripe nor the database.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum


class Mended(StrEnum):
    """What was missing here, and is written now."""

    CREDITED = "credited"
    SETTLING = "settling"
    FAILED = "failed"
    CLOSED = "closed"
    TAKEN_BACK = "taken back"
    GIVEN_BACK = "given back"
    NOTED = "noted"
    EVENT = "event carried out"


class Difference(StrEnum):
    """What no program may decide."""

    UNKNOWN_PURCHASE = "payment for a purchase we do not have"
    SECOND_PAYMENT = "second payment for one purchase"
    NO_COUNTERPART = "purchase that Stripe does not know"
    NOT_PAID = "credited purchase that was never paid"
    WRONG_SUM = "credited purchase with another price"
    WRONG_CREDITS = "purchase with other credits in the ledger"
    REFUSED = "payment that was refused"
    EVENT = "event that was not carried out"
    FAILED = "purchase that could not be settled"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was found, with the ids to look it up by. `mend` is what to do about it; empty once it is done."""

    kind: Mended | Difference
    purchase_id: str | None
    object_id: str | None  # Stripe's: a checkout session, a payment, an event
    what: str
    mend: str = ""

    def __str__(self) -> str:
        about = ", ".join(each for each in (self.purchase_id, self.object_id) if each)
        return f"{self.kind}: {about}: {self.what}" + (f". {self.mend}" if self.mend else "")

    def facts(self) -> dict[str, object]:
        """The same for programs, with the kind as one word."""
        return asdict(self) | {"kind": self.kind.name.lower()}


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many of so many."""

    met: int
    of: int

    def __str__(self) -> str:
        return f"{self.met} of {self.of}"


@dataclass(frozen=True, slots=True)
class Ratios:
    """How well the books follow Stripe.

    `cleared`: of all that was compared, no difference is left. Of what Stripe calls paid, `timely`: a webhook or the
    buyer's page had told of it before anyone compared; `complete`: it is in the ledger.
    """

    cleared: Ratio
    timely: Ratio
    complete: Ratio


@dataclass
class Report:
    """What one run found. `stopped` says why it ended early; what it had done by then stands."""

    since_at: datetime
    dry_run: bool
    mended: list[Line] = field(default_factory=list)
    differences: list[Line] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)  # purchases that Stripe or we call paid
    paid: set[str] = field(default_factory=set)  # those that Stripe calls paid
    timely: set[str] = field(default_factory=set)
    complete: set[str] = field(default_factory=set)
    stopped: str | None = None

    @property
    def named(self) -> set[str | None]:
        """The purchases of which this run has said something."""
        return {line.purchase_id for line in (*self.mended, *self.differences)}

    @property
    def is_clean(self) -> bool:
        """True when no difference is left."""
        left_undone = self.dry_run and self.mended
        return not (self.differences or left_undone or self.stopped)

    @property
    def ratios(self) -> Ratios:
        """Over the purchases of this run."""
        left = [*self.differences, *(self.mended if self.dry_run else ())]
        named = {line.purchase_id for line in left}
        return Ratios(
            cleared=Ratio(len(self.compared - named), len(self.compared)),
            timely=Ratio(len(self.timely), len(self.paid)),
            complete=Ratio(len(self.complete), len(self.paid)),
        )

    def count(self, what: str, number: int = 1) -> None:
        """So many more of these were looked at."""
        self.looked_at[what] = self.looked_at.get(what, 0) + number

    def lines(self) -> Iterator[str]:
        """The whole report for a person to read."""
        yield from (f"{'would mend' if self.dry_run else 'mended'}: {line}" for line in self.mended)
        yield from (f"difference: {line}" for line in self.differences)
        if self.stopped:
            yield f"stopped: {self.stopped}"
        counted = [f"{number} {what.replace('_', ' ')}" for what, number in self.looked_at.items()]
        yield f"looked at {', '.join(counted) or 'nothing'}, at Stripe since {self.since_at:%Y-%m-%d %H:%M} UTC"
        ratios = self.ratios
        yield f"cleared {ratios.cleared}, timely {ratios.timely}, complete {ratios.complete}"
        if self.is_clean:
            yield "no difference is left"

    def facts(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "clean": self.is_clean,
            "dry_run": self.dry_run,
            "since_at": self.since_at,
            "mended": [line.facts() for line in self.mended],
            "differences": [line.facts() for line in self.differences],
            "looked_at": self.looked_at,
            "ratios": asdict(self.ratios),
            "stopped": self.stopped,
        }
