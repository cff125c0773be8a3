"""Keeps the switches that make the sandbox misbehave on purpose. Knows nothing of how each one is carried out."""

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class ApiFault(StrEnum):
    """What can go wrong with a call."""

    LOST_REQUEST = "lost_request"  # nothing is done, no answer comes
    LOST_REPLY = "lost_reply"  # it is done, no answer comes
    TOO_MANY = "429"
    STORED_500 = "500_stored"  # nothing is done, and the failure is replayed for its key
    UNAVAILABLE = "503"
    SLOW = "slow"
    RESET = "reset"  # it is done, the answer breaks off
    GARBAGE = "garbage"  # nothing is done, the answer is a web page


class DeliveryFault(StrEnum):
    """What can go wrong with a webhook."""

    DUPLICATE = "duplicate"
    SHUFFLE = "shuffle"  # the matches arrive in reverse order
    DELAY = "delay"
    DROP = "drop"  # never sent, not even again
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    FUTURE = "future"
    THIN = "thin"


Kind = ApiFault | DeliveryFault
KINDS: dict[str, type[ApiFault] | type[DeliveryFault]] = {"api": ApiFault, "delivery": DeliveryFault}


@dataclass
class Fault:
    """One switch: what goes wrong, for which calls or events, and how often still."""

    kind: Kind
    match: str
    times: int
    seconds: float


class Faults:
    """All switches that are on."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, side: str, kind: str, *, match: str = "*", times: int = 1, seconds: float = 5.0) -> Fault:
        """Switch a fault on for the next `times` matches. Raises: ValueError: there is no such fault."""
        if side not in KINDS or times < 1:
            raise ValueError(f"side is api or delivery and times at least 1, not {side!r} and {times!r}")
        fault = Fault(KINDS[side](kind), match, times, seconds)
        self.active.append(fault)
        return fault

    def take_api(self, subject: str) -> tuple[ApiFault, float] | None:
        """Use up the first fault that matches `POST /v1/…`; None if the call shall go well."""
        fault = self._take(subject, ApiFault)
        return (ApiFault(fault.kind), fault.seconds) if fault else None

    def take_delivery(self, event_type: str, kinds: frozenset[DeliveryFault]) -> Fault | None:
        """Use up the first fault of these kinds that matches an event type."""
        return self._take(event_type, DeliveryFault, kinds)

    def clear(self) -> None:
        """Switch every fault off."""
        self.active.clear()

    def _take(
        self, subject: str, side: type[Kind], kinds: frozenset[DeliveryFault] | None = None
    ) -> Fault | None:
        for fault in self.active:
            wanted = isinstance(fault.kind, side) and (kinds is None or fault.kind in kinds)
            if wanted and fnmatchcase(subject, fault.match):
                fault.times -= 1
                if fault.times == 0:
                    self.active.remove(fault)
                return fault
        return None
