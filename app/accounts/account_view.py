"""What the account page shows, and its form of preferences. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.accounts.preferences import THEMES, Preferences
from app.web.filters import day_text, money
from app.web.manner import LOCALES, Manner, zones
from app.web.words import said

EXAMPLE_DAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class PreferencesForm:
    """The preferences as typed, with their choices and what was wrong with them: field → sentence."""

    typed: Preferences
    problems: Mapping[str, str]
    themes: tuple[tuple[str, str], ...]
    locales: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Who is signed in, and how they want their pages."""

    name: str
    email: str
    form: PreferencesForm


def preferences_form(typed: Preferences, problems: Mapping[str, str] | None = None) -> PreferencesForm:
    """The form with these values, each locale with an example of what it does."""
    return PreferencesForm(
        typed=typed,
        problems=problems or {},
        themes=tuple((name, said(theme)) for name, theme in THEMES.items()),
        locales=tuple((name, f"{language}: {_example(Manner(name))}") for name, language in LOCALES.items()),
        zones=zones(),
    )


def _example(as_: Manner) -> str:
    return " · ".join((money(123_450, "USD", as_), day_text(EXAMPLE_DAY, as_)))
