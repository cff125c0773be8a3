"""Where the outside judges of the sandbox lie once they are fetched, and what is said where they are missing."""

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".cache" / "stripe"
HOW = "`.venv/bin/python .ci/fetch_stripe.py` fetches it"
NO_DOCUMENT = f"no OpenAPI document of Stripe's: {HOW}"
NO_PROGRAM = f"no command line of Stripe's: {HOW}"


def found_document() -> Path | None:
    """Stripe's description of its API: STRIPE_SPEC, or the one that was fetched."""
    path = Path(os.environ.get("STRIPE_SPEC", FOLDER / "spec3.json"))
    return path if path.exists() else None


def found_program() -> Path | None:
    """Stripe's command line, the native program."""
    return next(iter(sorted(FOLDER.glob("cli/node_modules/@stripe/cli-*/bin/stripe*"))), None)


def said() -> str:
    """In one line, whether both are there."""
    missing = [
        reason
        for found, reason in ((found_document(), NO_DOCUMENT), (found_program(), NO_PROGRAM))
        if found is None
    ]
    return "; ".join(missing) or "its OpenAPI document and its command line are here"
