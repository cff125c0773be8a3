"""The words of pages stand where one catalogue can replace them: shown here in a language that marks what it knows."""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from babel.messages.extract import extract_from_dir
from litestar import Litestar

from app.accounts.preferences import Preferences, keep
from app.web import words
from tests.factories import make_user
from tests.transactions.signed_in import Html, reading_app, signed_in, stranger

ROOT = Path(__file__).resolve().parents[2]
SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "data-label")
# What no catalogue may change: names, addresses, currencies, zones, and what people typed.
GIVEN = {"Workshop", "Credits", "Alice", "UTC", "English", "Deutsch", "Nov"}


class Marking(NullTranslations):
    """A language that puts every sentence it is asked for into brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture
def marked_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "ENGLISH", Marking())


@pytest.fixture(scope="module")
def app(pool: None) -> Litestar:
    return reading_app()


def spoken(element: Element) -> Iterator[str]:
    """All that is read or heard of an element, in the order of the page."""
    if element.tag in ("script", "style", "datalist") or not isinstance(element.tag, str):
        return
    for name in SPOKEN_ATTRIBUTES:
        yield f" {element.get(name, '')} "
    yield element.text or ""
    for child in element:
        yield from spoken(child)
        yield child.tail or ""


def unmarked(page: Element) -> set[str]:
    """The words outside of all brackets."""
    depth, outside = 0, []
    for character in "".join(spoken(page)):
        depth += (character == "⟦") - (character == "⟧")
        outside.append(character if depth == 0 else " ")
    said = re.sub(r"\S+@\S+", " ", "".join(outside))  # addresses
    return set(re.findall(r"[A-Za-z]{2,}", said))


PAGES = ["/account", "/help"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_word_of_a_page_comes_from_the_catalogue(
    app: Litestar, marked_words: None, path: str
) -> None:
    browser = await signed_in(app, await make_user(name="Alice", balance_credits=3))
    answer = await browser.get(path)
    assert answer.status_code == 200
    page = Html(answer).element
    assert "⟦Dashboard⟧" in "".join(spoken(page))
    assert unmarked(page) - GIVEN == set()


GERMAN = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Your account"
msgstr "Ihr Konto"

msgid "%(num)s credit"
msgid_plural "%(num)s credits"
msgstr[0] "%(num)s Guthaben"
msgstr[1] "%(num)s Guthaben"
"""


async def test_a_catalogue_that_lies_in_its_folder_is_spoken_to_whoever_reads_in_that_locale(
    app: Litestar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that it does not have are said in English."""
    (tmp_path / "de.po").write_text(GERMAN)
    (tmp_path / "xx.po").write_text(GERMAN)  # nobody can choose it
    monkeypatch.setattr(words, "CATALOGUES", words.read_catalogues(tmp_path))
    alice = await make_user(balance_credits=1200)
    await keep(alice, Preferences(locale="de"))
    page = Html(await (await signed_in(app, alice)).get("/account"))
    assert (page["lang"], page.one("h1").text) == ("de", "Ihr Konto")
    assert page.one("a", id="balance").text == "Your balance: 1.200 Guthaben"
    signed_out = Html(await stranger(app).get("/help"))
    assert signed_out["lang"] == "en"


def test_the_words_of_code_and_templates_are_found_for_the_translators() -> None:
    """As `make words` finds them."""
    found = {
        message
        for folder, method in (("app", [("**.py", "python")]), ("templates", [("**.html", "jinja2")]))
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder,
            method_map=method,
            options_map={"**.html": {"trimmed": "true", "silent": "false"}},
            keywords={"said": None, "marked": None, "counted": (1, 2), "_": None, "gettext": None},
        )
    }
    assert {"Your account", "As the system", ("%(num)s credit", "%(num)s credits")} <= found
    assert any("<a href" in str(each) for each in found), "sentences with a link in them, too"
