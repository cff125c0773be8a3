"""How large a reliability figure is: small in every run, large by `make proof`; and by which seed."""

import os
import random

IS_PROOF = os.environ.get("PROOF") == "1"


def chosen_seed() -> int:
    """One for data, schedule and faults alike; PROOF_SEED runs an earlier one again."""
    return int(os.environ.get("PROOF_SEED") or random.randrange(10**6))
