"""Decides in which language the words of pages are said. Knows no page; the words themselves stand where they are used.

Each sentence is written once, in English, inside `said`, `counted` or `marked` here, or inside `_()` or
`{% trans %}` in a template. `make words LOCALE=de` collects them into `locales/de.po`; a file that lies there is read at
the start, and what it leaves untranslated is said in English.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment
from markupsafe import Markup, escape

from app.web.manner import LOCALES, manner

FOLDER = Path(__file__).parent / "locales"
ENGLISH = NullTranslations()


def said(text: str, **values: object) -> str:
    """The sentence in the reader's language, with its values: "%(price)s paid"."""
    spoken = catalogue().gettext(text)
    return spoken % values if values else spoken


def counted(one: str, many: str, number: int, **values: object) -> str:
    """The sentence that fits the number; without a `num` among the values, `%(num)s` is the bare number."""
    return catalogue().ngettext(one, many, number) % {"num": number, **values}


def listed(clauses: Sequence[str]) -> str:
    """Several as one, joined as the language of the words does: "a, b, and c"."""
    return format_list(clauses, locale=language())


def marked(text: str) -> str:
    """The same text, which will be `said` later: for words that are listed before anybody reads them."""
    return text


def language() -> str:
    """The language of the words on this page, for `<html lang>`."""
    return manner().locale if manner().locale in CATALOGUES else "en"


def catalogue() -> NullTranslations:
    """The words of the reader's language, or the English ones."""
    return CATALOGUES.get(manner().locale, ENGLISH)


def register(environment: Environment) -> None:
    """Make `_()`, `counted()` and `{% trans %}` known to the templates."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    of_blocks = {
        "gettext": lambda text: catalogue().gettext(text),
        "ngettext": lambda one, many, number: catalogue().ngettext(one, many, number),
    }
    # In place of Jinja's own `_`, which takes four times as long.
    environment.globals |= {**of_blocks, "_": _said_safely, "counted": counted, "language": language}


def read_catalogues(folder: Path = FOLDER) -> Mapping[str, NullTranslations]:
    """The catalogues that lie in this folder, by locale."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.po")) if path.stem in LOCALES}


def _said_safely(text: str, **values: object) -> str:
    """As `said`, for a template: the values are escaped before they stand in the sentence."""
    spoken = _escaped(text, catalogue())
    return spoken % values if values else spoken


@lru_cache(maxsize=4096)  # more than all pages have, times the languages
def _escaped(text: str, spoken_in: NullTranslations) -> Markup:
    return escape(spoken_in.gettext(text))


def _read(path: Path) -> NullTranslations:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=path.stem))
    compiled.seek(0)
    return GNUTranslations(compiled)


CATALOGUES = read_catalogues()
