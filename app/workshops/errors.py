"""What can go wrong in a workshop, as values. Knows nothing of HTTP."""

from app.errors import BillingError
from app.workshops.access import Access
from app.workshops.undo_window import Barrier


class StepLocked(BillingError):
    """The step lies behind the gate and the workshop is not open; nothing of it was read or written."""

    def __init__(self, access: Access) -> None:
        self.access = access
        super().__init__("the step is locked")


class OpenedMeanwhile(BillingError):
    """An offer was to be made for a workshop that has been opened since the refusal: there is nothing to offer."""

    def __init__(self, *, workshop_id: str) -> None:
        self.workshop_id = workshop_id
        super().__init__(f"{workshop_id} is open now")


class StepNotReached(BillingError):
    """Notes came for a step whose turn has not come; they were not saved."""

    def __init__(self, *, current_slug: str) -> None:
        self.current_slug = current_slug
        super().__init__(f"{current_slug} comes first")


class StaleNotes(BillingError):
    """The notes were saved elsewhere since the form was made; neither text was overwritten."""

    def __init__(self, *, stored_notes: str, version: int) -> None:
        self.stored_notes = stored_notes
        self.version = version
        super().__init__(f"the stored notes are at version {version}")


class NotComplete(BillingError):
    """The Build Pack was asked for before the last step was completed."""

    def __init__(self, *, title: str, current_slug: str) -> None:
        self.title = title
        self.current_slug = current_slug
        super().__init__(f"the workshop stands at {current_slug}")


class UnlockStays(BillingError):
    """An unlock was to be undone that cannot be any more; nothing was changed."""

    def __init__(self, barrier: Barrier, *, title: str) -> None:
        self.barrier = barrier
        self.title = title
        super().__init__(f"the unlock stays: {barrier}")
