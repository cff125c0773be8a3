"""Our `consume` statement alone under pgbench against the bare one, sixteen clients on many people (P3)."""

import re
import tempfile
from pathlib import Path

import asyncpg

from app.cli.local.postgres_binaries import Binaries, usable_binaries
from app.ledger.posting import _CONSUME
from tests.benchmarks import bare
from tests.benchmarks.compare import Figure, in_turns
from tests.databases import Database

CLIENTS, PER_CLIENT, ROUNDS = 16, 400, 3
PER_PERSON = 5  # unlocks of one person in one run

# Person and workshop are numbers that no other client and no other run uses.
_NEXT = f"""
\\set i :i + 1
\\set w (:run * {CLIENTS} + :client_id) * {PER_CLIENT} + :i
\\set u :w / {PER_PERSON}
"""

_PEOPLE = """
INSERT INTO users (id, clerk_user_id, email) SELECT n, n, n || '@x' FROM generate_series(0, $1::integer) AS n"""
_GRANTS = """
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
       description, idempotency_key, actor)
SELECT 'grant' || id, id, 'grant', 'completed', 100, 0, 100, 1, now(), 'Grant', 'grant:' || id, 'system'
  FROM users WHERE id ~ '^[0-9]+$'"""
_BALANCES = (
    "UPDATE users SET credit_balance = 100, ledger_seq = 1, last_posted_at = now() WHERE id ~ '^[0-9]+$'"
)
_WORKSHOPS = f"""
INSERT INTO workshops (id, clerk_user_id, title)
SELECT n, n / {PER_PERSON}, 'Benchmark' FROM generate_series(1, $1::integer) AS n"""
_BARE_PEOPLE = "INSERT INTO bare.users SELECT n, 100 FROM generate_series(0, $1::integer) AS n"
_BARE_WORKSHOPS = (
    f"INSERT INTO bare.workshops SELECT n, n / {PER_PERSON} FROM generate_series(1, $1::integer) AS n"
)


async def figures(target: Database) -> list[Figure]:
    """P3."""
    await _seed(target.superuser_url)
    ours = _script(
        _CONSUME, ":w", ":u", "-1", "NULL", ":w", "'Unlock'", "'user'", ":u", "'Benchmark'", "NULL"
    )
    floor = _script(bare.CONSUME, ":u", ":w", ":w")
    with tempfile.TemporaryDirectory(prefix="billing-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the programs run as nobody, who has to get in
        binaries = usable_binaries(Path(folder))
        speeds = [
            (_speed(binaries, target, ours, run), _speed(binaries, target, floor, run))
            for run in range(ROUNDS + 1)
        ]
    return [
        in_turns("P3", f"consume's statement against the bare one, {CLIENTS} clients", speeds[1:], hold=0.60)
    ]


async def _seed(superuser_url: str) -> None:
    workshops = (ROUNDS + 1) * CLIENTS * PER_CLIENT + PER_CLIENT
    people = workshops // PER_PERSON
    connection = await asyncpg.connect(superuser_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            for statement in (_PEOPLE, _BARE_PEOPLE):
                await connection.execute(statement, people)
            for statement in (_GRANTS, _BALANCES):
                await connection.execute(statement)
            for statement in (_WORKSHOPS, _BARE_WORKSHOPS):
                await connection.execute(statement, workshops)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _script(statement: str, *values: str) -> str:
    """The statement with pgbench's variables for its parameters, and no comment, which pgbench might read."""
    plain = re.sub(r"--.*", "", statement)
    return _NEXT + re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], plain) + ";\n"


def _speed(binaries: Binaries, target: Database, script: str, run: int) -> float:
    done = binaries.run(
        "pgbench",
        *("--no-vacuum", "--protocol=prepared", "--file=-", "--jobs=2"),
        *(f"--client={CLIENTS}", f"--transactions={PER_CLIENT}", "--define=i=0", f"--define=run={run}"),
        target.app_url,
        stdin=script,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found and "number of failed transactions: 0 " in done.stdout, done.stderr or done.stdout
    return float(found[1])
