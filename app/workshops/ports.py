"""What a workshop needs of others and may not import: the application hands it in."""

from typing import Protocol, runtime_checkable


@runtime_checkable  # handlers are handed one, and their types are checked
class BuyAndUnlock(Protocol):
    """Starts the purchase of a pack that unlocks a workshop once it is paid."""

    async def __call__(
        self, *, user_id: str, pack_slug: str, workshop_id: str, return_path: str, attempt_key: str
    ) -> str:
        """Where to go now: the payment page, how it stands if it was paid, `return_path` if the workshop is open by now.

        Repeat: the same attempt leads to the same purchase.
        Raises: StripeUnavailable: the purchase is on record, and may be tried again. BadInput: no such pack.
        """
