"""Rules for every template, whichever feature it belongs to; and no price outside the catalogue."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from app.web.templating import FOLDER, new_environment

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
ENVIRONMENT = new_environment(static=lambda name: f"/static/{name}")
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
FRAGMENTS = [name for name in TEMPLATES if Path(name).name.startswith("_")]
PAGES = [name for name in TEMPLATES if "extends" in (FOLDER / name).read_text() and name not in FRAGMENTS]
COMMENT = re.compile(r"\{#.*?#\}", re.S)
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
# Names that htmx 2 knew, or that changed their meaning, and what our policy forbids.
WRONG_ATTRIBUTES = (
    r"\shx-", r"data-hx-on", r"data-hx-disabled-elt", r"data-hx-(ext|vars|params|prompt|history)\b",
    r"data-hx-headers", r"data-hx-trigger=\"[^\"]*\[", r"\bjs:", r"javascript:", r"\sstyle=", r"\son[a-z]+=\"",
    r"role=\"(table|row|rowgroup|cell|columnheader|rowheader)\"",  # HTML forbids it: tables say so themselves
)  # fmt: skip
PRICE = re.compile(r"[$€£¥]\s?\d+[.,]\d|\b\d{2,3}\.00\b|\b(79|149|7900|14900)\b")
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "path"})


class Outline(HTMLParser):
    """The root elements and ids of a fragment's source."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.roots: list[dict[str, str | None]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if self.depth == 0:
            self.roots.append(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.depth += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in VOID


def source(name: str) -> str:
    """The template without its comments."""
    return COMMENT.sub("", (FOLDER / name).read_text())


def outline(name: str) -> Outline:
    """What is left when Jinja's own words are taken out."""
    text = re.sub(r"\{% macro .*?endmacro -?%\}", "", source(name).replace("%-}", "%}"), flags=re.S)
    found = Outline()
    found.feed(JINJA.sub("", text))
    return found


def ids_in_page(name: str, seen: frozenset[str] = frozenset()) -> list[str]:
    """The ids of a page with all that it includes and extends."""
    if name in seen:
        return []
    tree = ENVIRONMENT.parse((FOLDER / name).read_text())
    named = [node.template for node in tree.find_all(nodes.Include)]
    named += [node.template for node in tree.find_all(nodes.Extends)]
    others = [str(each.value) for each in named if isinstance(each, nodes.Const)]
    return [*set(outline(name).ids)] + [
        each for other in others for each in ids_in_page(other, seen | {name})
    ]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles(name: str) -> None:
    ENVIRONMENT.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_short(name: str) -> None:
    lines = (FOLDER / name).read_text().count("\n")
    assert lines <= 120 or name == "web/styleguide.html"


@pytest.mark.parametrize("pattern", WRONG_ATTRIBUTES)
def test_no_template_uses_what_htmx_4_or_our_policy_does_not(pattern: str) -> None:
    """W24, H02: attributes are written `data-hx-*`, with the names of htmx 4, without script or style."""
    found = [name for name in TEMPLATES if re.search(pattern, source(name))]
    assert not found


def test_no_template_trusts_its_text() -> None:
    """W23: everything is escaped, and nothing stands inside a script or style element."""
    for name in TEMPLATES:
        text = source(name)
        assert not re.search(r"\|\s*safe\b|autoescape|Markup|<style|\{% filter", text), name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), name
        assert not re.search(r"\s[\w-]+=\{\{", text), f"{name}: an attribute without quotes"


def test_only_the_filters_make_markup() -> None:
    """W23"""
    makers = {
        path.relative_to(ROOT).as_posix()
        for path in APP.rglob("*.py")
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"Markup", "safe"}
    }
    assert makers <= {"app/web/filters.py"}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_has_one_root_with_an_id(name: str) -> None:
    """The root of `transactions/_rows.html` is `#transactions-rows`; shared ones have the name alone."""
    roots = outline(name).roots
    folder, part = Path(name).parent.name, Path(name).stem.removeprefix("_").replace("_", "-")
    ids = {root.get("id") for root in roots}  # two branches of one `if` may each have it
    assert len(ids) == 1 and None not in ids
    assert folder in {"shared", "errors"} or ids == {f"{folder}-{part}"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_id_twice(name: str) -> None:
    ids = [each for each in ids_in_page(name) if "{" not in each]
    assert len(ids) == len(set(ids))


def macros_with_token() -> set[str]:
    """The macro that writes the token, and those that call it."""
    bodies = re.findall(r"\{% macro (\w+)\((.*?)endmacro", "".join(map(source, TEMPLATES)), flags=re.S)
    return {"csrf"} | {macro for macro, body in bodies if "{{ csrf(" in body}


TOKEN_MACROS = macros_with_token()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_form_that_posts_carries_the_token(name: str) -> None:
    """W01, H12: by the macro `csrf`, or by a macro that has it in it."""
    forms = re.findall(r"<form\b[^>]*method=\"post\".*?</form>", source(name), flags=re.S)
    assert all(any(f"{{{{ {macro}(" in form for macro in TOKEN_MACROS) for form in forms)


def test_no_price_stands_outside_the_catalogue() -> None:
    """Prices and credits are derived from packs.toml, everywhere."""
    sources = [path for path in APP.rglob("*.py") if not {"catalog", "sandbox"} & set(path.parts)]
    found = [f"{path}: {match[0]}" for path in sources for match in PRICE.finditer(_strings(path))]
    found += [f"{name}: {match[0]}" for name in TEMPLATES for match in PRICE.finditer(source(name))]
    assert not found


def _strings(path: Path) -> str:
    """The strings and numbers that the code uses; docstrings are prose."""
    tree = ast.parse(path.read_text())
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    said = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    return "\n".join(str(node.value) for node in said if isinstance(node.value, str | int))
