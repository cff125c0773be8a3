"""`billing check`: an installation against itself. Decides what is looked at and what is a fault; changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

import asyncpg

from app.cli.catalog_prices import found_prices
from app.cli.checks.findings import About, Findings
from app.cli.checks.inbox import look_at_inbox
from app.cli.checks.settings import understood
from app.cli.reporting import say
from app.database import pool
from app.errors import StripeMissing, StripeRefused, StripeUnavailable
from app.ledger.audit import audit
from app.schema.adoption import unrecorded
from app.schema.comparison import contract_columns, differences
from app.schema.on_record import missing
from app.schema.roles import weaknesses
from app.settings import Settings, masked

MAKE_PRICE = "Run `billing catalog push`"
MEND_PRICE = "Correct the price at Stripe, the STRIPE_PRICE_… setting, or the catalogue"


def say_findings(*, settings_only: bool, as_json: bool) -> int:
    """Look, print one line per finding, and give the exit code: 1 if anything is wrong."""
    findings = found(settings_only=settings_only)
    answer = {
        "findings": [asdict(each) for each in findings.wrong],
        "notes": [asdict(each) for each in findings.notes],
        "looked_at": findings.looked_at,
        "facts": findings.facts,
    }
    lines = [*map(str, findings.wrong), *(f"note: {each}" for each in findings.notes)]
    facts_seen = "".join(f"; {name} {text}" for name, text in findings.facts.items())
    calm = [] if findings.wrong else [f"no differences: {', '.join(findings.looked_at)}{facts_seen}"]
    say(lines + calm, answer, as_json=as_json)
    return 1 if findings.wrong else 0


def found(*, settings_only: bool) -> Findings:
    """Everything that is not as it should be."""
    findings = Findings()
    settings = understood(findings)
    if settings is not None and not settings_only:
        asyncio.run(_look(settings, findings))
    return findings


async def _look(settings: Settings, findings: Findings) -> None:
    async with _database(settings, findings) as is_there:
        if is_there:
            await _look_at_database(settings, findings)
    await _look_at_prices(settings, findings)


@asynccontextmanager
async def _database(settings: Settings, findings: Findings) -> AsyncIterator[bool]:
    """The pool, as the application; False when there is no way in, which is a finding."""
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=10)
        await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        address = masked("DATABASE_URL", settings.database_url)
        findings.add(
            About.DATABASE, f"{address} does not answer: {error}", "Start it, or correct DATABASE_URL"
        )
        yield False
        return
    async with pool(settings.database_url, max_size=1):
        yield True


async def _look_at_database(settings: Settings, findings: Findings) -> None:
    findings.looked_at.append(About.DATABASE)
    await look_at_schema(findings)
    if findings.wrong:
        return  # what is stored cannot be judged by a schema that is not there
    await _look_at_weaknesses(settings, findings)
    for disagreement in await audit():
        findings.add(About.LEDGER, disagreement, "Stop sales and look into it: this should be impossible")
    findings.looked_at.append(About.LEDGER)
    await look_at_inbox(findings)


async def look_at_schema(findings: Findings) -> None:
    """Columns, constraints, triggers, indexes, functions, and the record of migrations. Inside: a pool."""
    behind = await missing()
    found = await unrecorded(behind)
    findings.looked_at.append(About.SCHEMA)
    if found.by_hand and not found.partly:
        what = f"{', '.join(found.by_hand)}: applied by hand, and not on record"
        findings.add(About.SCHEMA, what, "Run `billing migrate --record`")
    elif behind and not found.partly:
        findings.add(About.SCHEMA, f"{len(behind)} migrations are missing", "Run `billing migrate`")
    else:
        for difference in found.differences or await differences():
            findings.add(
                About.SCHEMA,
                difference,
                "Put it back by hand, as the newest backup or a fresh database has it",
            )
        right, promised = await contract_columns()
        findings.facts["public columns"] = f"{right}/{promised}"


async def _look_at_weaknesses(settings: Settings, findings: Findings) -> None:
    for weakness in await weaknesses():
        what, _, mend = weakness.partition("; ")
        tell = findings.add if settings.is_production else findings.note
        tell(About.DATABASE, what, mend or "Switch it on")


async def _look_at_prices(settings: Settings, findings: Findings) -> None:
    try:
        prices = await found_prices(settings)
    except StripeUnavailable as error:
        if settings.stripe_api_base is None:
            findings.add(
                About.CATALOGUE, f"Stripe does not answer: {error}", "Try again, or see status.stripe.com"
            )
        else:
            findings.note(
                About.CATALOGUE,
                "the payment sandbox does not run, so prices were not compared",
                "`billing run`",
            )
        return
    except (StripeRefused, StripeMissing) as error:
        findings.add(About.CATALOGUE, f"Stripe refuses to show prices: {error}", "Correct STRIPE_SECRET_KEY")
        return
    for each in prices:
        mend = MAKE_PRICE if each.price is None else MEND_PRICE
        for what in each.findings:
            findings.add(About.CATALOGUE, f"{each.pack.slug}: {what}", mend)
    findings.looked_at.append(About.CATALOGUE)
