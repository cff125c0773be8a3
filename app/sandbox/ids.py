"""Makes ids that look like Stripe's."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An id nobody can guess, such as `pi_3f…`."""
    return prefix + "_" + "".join(secrets.choice(ALPHABET) for _ in range(length))
