"""Looks at the settings before anything is started. Imports little, for the server waits for it."""

from app.catalog.packs import load_catalog
from app.cli.checks.findings import About, Findings
from app.settings import BadSettings, Settings, load_settings


def understood(findings: Findings) -> Settings | None:
    """The settings, or None when they cannot be used; every problem is then among the findings."""
    findings.looked_at.append(About.SETTINGS)
    try:
        settings = load_settings()
    except BadSettings as bad:
        for problem in bad.problems:
            given = problem.given or "not set"
            findings.add(About.SETTINGS, f"{problem.name} is {given}", f"Set it to {problem.allowed}")
        return None
    try:
        load_catalog(settings.catalog_file)
    except (OSError, ValueError) as error:
        why = str(error).replace("\n", " ")
        findings.add(About.SETTINGS, f"CATALOG_FILE cannot be read: {why}", "Mend the file")
        return None
    return settings
