"""A program that starts the PostgreSQL of a folder, says whether it is its own, and waits to be told to stop."""

import json
import sys
from pathlib import Path

from app.cli.local.postgres import LocalPostgres

with LocalPostgres(Path(sys.argv[1])) as postgres:
    print(json.dumps({"is_ours": postgres.is_ours, "process_id": postgres.process_id}), flush=True)
    sys.stdin.read()
