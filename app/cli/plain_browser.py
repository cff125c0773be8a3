"""A browser without JavaScript, in the small: pages, headings, forms. Knows nothing of the product's pages."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx


@dataclass
class Form:
    """A form as it was served: where it goes and what it would send if nothing were touched."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    choices: set[tuple[str, str]] = field(default_factory=set)

    def offers(self, name: str, value: str) -> bool:
        """Whether a person could send this value: in a free field, as a choice, by a button, or hidden."""
        return name in self.free or (name, value) in self.choices


@dataclass(frozen=True)
class Seen:
    """What an address answered: status, main heading, forms."""

    address: str
    status: int
    heading: str
    forms: tuple[Form, ...]
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.address).path


class PlainBrowser:
    """Follows links and redirects, keeps cookies, and sends only forms that were really served."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.Client(base_url=base_url, follow_redirects=True, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def open(self, path: str) -> Seen:
        return _seen(self._client.get(path))

    def send(self, page: Seen, action: str, **chosen: str) -> Seen:
        """Send the form of the page that goes to this path and offers these values. Raises: LookupError."""
        for form in page.forms:
            goes_there = urlsplit(urljoin(page.address, form.action)).path == action
            if goes_there and all(form.offers(name, value) for name, value in chosen.items()):
                address = urljoin(page.address, form.action)
                headers = {"origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.address))}
                return _seen(self._client.post(address, data=form.fields | chosen, headers=headers))
        raise LookupError(f"{page.path} offers no form to {action} with {', '.join(chosen.values())}")


class _Reader(HTMLParser):
    """Collects what `Seen` holds."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.heading: list[str] = []
        self._is_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._is_heading = not self.heading
        elif tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif self.forms and given.get("name"):
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._is_heading = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._is_heading:
            self.heading.append(data)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        form, name, value = self.forms[-1], given["name"], given.get("value", "")
        kind = "button" if tag == "button" else given.get("type", "text")
        if kind in ("button", "submit", "radio", "checkbox", "hidden"):
            form.choices.add((name, value))
        elif tag in ("input", "textarea", "select"):
            form.free.add(name)
        if kind not in ("button", "submit") and (kind not in ("radio", "checkbox") or "checked" in given):
            form.fields[name] = value


def _seen(answer: httpx.Response) -> Seen:
    reader = _Reader()
    reader.feed(answer.text)
    return Seen(
        address=str(answer.url),
        status=answer.status_code,
        heading=" ".join(" ".join(reader.heading).split()),
        forms=tuple(reader.forms),
        text=" ".join(" ".join(reader.words).split()),
    )
