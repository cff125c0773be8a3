"""The words of pages stand where one catalogue can replace them: shown here in a language that marks what it knows."""

import re
from collections.abc import Iterator, Sequence
from gettext import NullTranslations
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from litestar import Litestar

from app.accounts.preferences import Preferences, keep
from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.catalog.packs import load_catalog
from app.database import rows
from app.settings import PACKS_FILE
from app.web import words
from app.web.templating import FOLDER
from tests.factories import make_user, make_workshop
from tests.test_templates import TEMPLATES
from tests.transactions.ledgers import NOW, buy, correct, dispute, give, refund, undo, use, win_back
from tests.transactions.signed_in import Html, reading_app, signed_in, stranger

ENGLISH = Locale("en")
ROOT = Path(__file__).resolve().parents[2]
SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "data-label")
CATALOG = load_catalog(PACKS_FILE)
# What no catalogue of words may change: names, what the catalogue of packs says, and what people typed.
GIVEN = (
    *("Workshop Credits", "Alice", "Launch plan", "UTC", "Deutsch", "English", "CSV", "US dollars"),
    *(text for pack in CATALOG.packs for text in (pack.tagline, pack.name)),
    *((CATALOG.contact.tagline, CATALOG.contact.name) if CATALOG.contact else ()),
    *(person.full_name for person in DEMO_PEOPLE),
    *(
        text
        for names in (ENGLISH.months, ENGLISH.days)
        for each in names["format"].values()
        for text in each.values()
    ),
)


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


def unmarked(page: Element, given: Sequence[str]) -> str:
    """What is said outside of all brackets, but for what is given."""
    depth, outside = 0, []
    for character in "".join(spoken(page)):
        depth += (character == "⟦") - (character == "⟧")
        outside.append(character if depth == 0 else " ")
    said = " ".join(re.sub(r"\S+@\S+", " ", "".join(outside)).split())
    for text in sorted((*GIVEN, *given), key=len, reverse=True):
        said = re.sub(rf"\b{re.escape(text)}(?!\w)", " ", said)
    return " ".join(re.findall(r"[A-Za-z]{2,}", said))


PAGES = [
    *("/dashboard", "/account", "/help", "/pricing", "/transactions", "/transactions?type=refund"),
    *(
        "/transactions?from=x",
        "/statements",
        "/statements/2026-11",
        "/balance",
        "/balance?on=2026-10-30",
        "/no-such-page",
    ),
]


async def somebody() -> tuple[str, list[str]]:
    """A person with rows of every kind, and what stands in those rows as it stands."""
    alice = await make_user(name="Alice")
    bought = await buy(alice, NOW, credits=3, amount_cents=14900)
    unlock, _ = await use(alice, NOW)
    await give(alice, NOW)
    await refund(alice, bought, NOW)
    await correct(alice, NOW, 1)
    await undo(unlock, NOW)
    disputed = await buy(alice, NOW)
    await dispute(alice, disputed, NOW)
    await win_back(alice, disputed, NOW)
    await buy(alice, NOW, status="settling")
    await buy(alice, NOW, status="failed")
    stored = [
        *await rows("SELECT * FROM credit_transactions WHERE clerk_user_id = $1", alice),
        *await rows("SELECT * FROM purchases WHERE clerk_user_id = $1", alice),
    ]
    return alice, [str(value) for each in stored for value in each.values() if isinstance(value, str)]


@pytest.mark.parametrize("path", PAGES)
async def test_every_word_of_a_page_comes_from_the_catalogue(
    app: Litestar, marked_words: None, path: str
) -> None:
    alice, given = await somebody()
    page = Html(await (await signed_in(app, alice)).get(path)).element
    assert "⟦Dashboard⟧" in "".join(spoken(page))
    assert unmarked(page, given) == ""


async def test_every_word_of_the_papers_comes_from_the_catalogue(app: Litestar, marked_words: None) -> None:
    """Stories of all kinds of rows, and the receipts of their payments."""
    alice, given = await somebody()
    browser = await signed_in(app, alice)
    found = await rows("SELECT id, purchase_id FROM credit_transactions WHERE clerk_user_id = $1", alice)
    papers = {f"/transactions/{each['id']}" for each in found}
    papers |= {f"/purchases/{each['purchase_id']}" for each in found if each["purchase_id"]}
    for path in sorted(papers):
        page = Html(await browser.get(path)).element
        assert unmarked(page, given) == "", path


@pytest.mark.parametrize("balance_credits", [0, 3, -1])
async def test_every_word_of_a_workshop_comes_from_the_catalogue(
    app: Litestar, marked_words: None, balance_credits: int
) -> None:
    """Open steps, a closed one with its offer, and what stands around them."""
    alice = await make_user(name="Alice", balance_credits=balance_credits)
    workshop = await make_workshop(user_id=alice, title="Launch plan", current_step="journey-mapping")
    browser, here = await signed_in(app, alice), f"/workshops/{workshop}"
    pages = ("/steps/challenge", "/steps/journey-mapping", "/steps/concept", "/delete")
    for path in ("/workshops/new", *(f"{here}{page}" for page in pages)):
        page = Html(await browser.get(path)).element
        assert unmarked(page, ()) == "", path


@pytest.mark.parametrize("path", ["/pricing", "/sign-in", "/sign-in/email/x", "/help"])
async def test_every_word_for_a_visitor_comes_from_the_catalogue(
    app: Litestar, marked_words: None, path: str
) -> None:
    page = Html(await stranger(app).get(path)).element
    assert unmarked(page, ()) == ""


FOR_DEVELOPERS = {"web/styleguide.html", "accounts/mailbox.html"}
NO_SENTENCE = re.compile(
    r"\{#.*?#\}|\{% block main_class %\}.*?\{% endblock %\}|\{% trans.*?endtrans %\}|\{%.*?%\}|\{\{.*?\}\}|\(UTC\)",
    re.DOTALL,
)


@pytest.mark.parametrize("name", sorted({*TEMPLATES} - FOR_DEVELOPERS))
def test_no_template_says_anything_beside_the_catalogue(name: str) -> None:
    """Write `{{ _("…") }}`, or `{% trans %}` where a link stands in the sentence."""
    source = NO_SENTENCE.sub("", (FOLDER / name).read_text())
    said = re.sub(r"<[^>]*>", "", source.replace('aria-invalid="true"', ""))
    said = re.sub(r"[a-z-]+=\"[^\"]*\"", "", said)  # attributes that a macro writes
    assert re.findall(r"[A-Za-z]{2,}", said) == []


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


BALANCE = """
msgid "You bought %(credits)s"
msgstr "Sie haben %(credits)s gekauft"

msgid "used %(credits)s"
msgstr "%(credits)s verwendet"

msgid "%(credits)s was taken back after a refund"
msgid_plural "%(credits)s were taken back after a refund"
msgstr[0] "nach einer Erstattung %(credits)s verloren"
msgstr[1] "nach einer Erstattung %(credits)s verloren"

msgid "%(list)s. %(rest)s"
msgstr "Übrig: %(rest)s Denn %(list)s."

msgid "%(number)s left."
msgstr "%(number)s."

msgid "%(credits)s is pending and not counted yet."
msgid_plural "%(credits)s are pending and not counted yet."
msgstr[0] "Noch nicht gezählt: %(credits)s."
msgstr[1] "Noch nicht gezählt: %(credits)s."
"""


async def test_the_balance_is_told_in_whole_sentences_whose_words_stand_as_the_language_wants(
    app: Litestar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number leads to its rows, wherever it stands; the list is joined as the language joins lists."""
    (tmp_path / "de.po").write_text(GERMAN + BALANCE)
    monkeypatch.setattr(words, "CATALOGUES", words.read_catalogues(tmp_path))
    alice = await make_user()
    bought = await buy(alice, NOW, credits=3, amount_cents=14900)
    await use(alice, NOW)
    await refund(alice, bought, NOW, cents=5000)
    await buy(alice, NOW, status="settling")
    await keep(alice, Preferences(locale="de"))
    page = Html(await (await signed_in(app, alice)).get("/balance"))
    told, pending = page.all("p", class_="figure-text")
    assert (
        told.text
        == "Übrig: 1. Denn Sie haben 3 Guthaben gekauft, 1 verwendet und nach einer Erstattung 1 verloren."
    )
    kinds = ("purchase", "consumption", "refund")
    assert [(each.text, each["href"]) for each in told.all("a")] == [
        (number, f"/transactions?type={kind}&status=completed")
        for number, kind in zip(("3 Guthaben", "1", "1"), kinds, strict=True)
    ]
    assert pending.text == "Noch nicht gezählt: 1 Guthaben."


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
