"""Reads pages as a browser does: by id, role and attribute."""

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib


def parsed(html: str) -> Element:
    """The page, read strictly: invalid HTML is a ParseError."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return tree


def fragment(html: str) -> list[Element]:
    """The root elements of a fragment, read strictly."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return [element for element in parser.parseFragment(html) if isinstance(element.tag, str)]


def by_id(tree: Element, wanted: str) -> Element:
    """The one element with this id."""
    found = [element for element in tree.iter() if element.get("id") == wanted]
    assert len(found) == 1, f"{len(found)} elements have the id {wanted}"
    return found[0]


def words(element: Element) -> str:
    """What is read, with single blanks."""
    return " ".join("".join(element.itertext()).split())


def hidden(tree: Element, name: str) -> str:
    """The value of the hidden field of this name."""
    fields: list[Any] = [field for field in tree.iter("input") if field.get("name") == name]
    assert fields, f"no field {name}"
    return str(fields[0].get("value"))


def untokened(html: str) -> str:
    """The answer without the one thing that is fresh in each: the mask of its form token."""
    return re.sub(r'(name="csrf_token" value=")[0-9a-f]{64}"', r'\1"', html)
