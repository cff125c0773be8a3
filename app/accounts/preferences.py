"""Decides what a person may choose for their pages, and keeps it. Read with the session, by `sessions.session`; knows no page."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.database import row
from app.errors import BadInput
from app.web.manner import LOCALES, zone_named
from app.web.words import marked, said

THEMES: Mapping[str, str] = {
    "system": marked("As the system"),
    "light": marked("Light"),
    "dark": marked("Dark"),
}
UNLISTED = marked("Choose one of the list.")
NO_SUCH_ZONE = marked("There is no such time zone. Choose one of the list, such as Europe/Berlin.")
OVERRIDES = frozenset(THEMES) - {"system"}
LONGEST_ZONE = 64

KEEP = """
INSERT INTO preferences (clerk_user_id, theme, time_zone, locale) VALUES ($1, $2, $3, $4)
ON CONFLICT (clerk_user_id) DO UPDATE
   SET theme = excluded.theme, time_zone = excluded.time_zone, locale = excluded.locale,
       updated_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen: a theme, the zone of the moments, the locale of figures and dates."""

    theme: str = "system"
    time_zone: str = "UTC"
    locale: str = "en"


def chosen(typed: Preferences) -> Preferences:
    """What was typed, as it will be kept: a place stands for its zone.

    Raises: BadInput: a value is none of those to choose from; all of them are named.
    """
    zone = zone_named(typed.time_zone) if len(typed.time_zone) <= LONGEST_ZONE else None
    problems = {
        "theme": "" if typed.theme in THEMES else UNLISTED,
        "time_zone": "" if zone else NO_SUCH_ZONE,
        "locale": "" if typed.locale in LOCALES else UNLISTED,
    }
    if any(problems.values()):
        raise BadInput(**{name: said(problem) for name, problem in problems.items() if problem})
    return Preferences(typed.theme, zone or "", typed.locale)


async def keep(user_id: str, preferences: Preferences) -> None:
    """Store what was chosen, from the next page on. Repeat: the last one counts."""
    await row(KEEP, user_id, preferences.theme, preferences.time_zone, preferences.locale)
