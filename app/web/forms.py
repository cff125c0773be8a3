"""Decides how a form's body is read, and what in it is refused. Knows no field by name."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from litestar.exceptions import ClientException, HTTPException

from app.errors import BadInput
from app.web.bodies import whole_body
from app.web.site import HttpRequest, scope_state
from app.web.words import said

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 100


class UnreadableForm(ClientException):
    """The body is no form of ours: not UTF-8, or with too many fields."""


class WrongMediaType(HTTPException):
    """A body came that is no plain form; files and JSON are not taken."""

    status_code = 415
    detail = "Forms are sent as plain fields."


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each named once."""

    fields: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """What was typed, as it was typed but with single line breaks."""
        return self.fields.get(name, default)

    def line(self, name: str, default: str = "") -> str:
        """What was typed into a one-line field: trimmed, runs of white space as one blank."""
        return " ".join(self.text(name, default).split())

    def has(self, name: str) -> bool:
        """True when the field, or the button of that name, was sent."""
        return name in self.fields


async def read_form(request: HttpRequest) -> Form:
    """The form that came with this request.

    Repeat: reads the body once; the guard against forged forms and the handler share it.
    Raises: BadInput: a field came twice, or holds a character that no page can show (NUL, lone surrogate).
        UnreadableForm, WrongMediaType: the body is no form at all.
    """
    pairs = await form_pairs(request)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadInput(form=said("A field came twice. Go back, reload the page and try again."))
    for name, text in pairs:
        if not _is_storable(name):
            raise BadInput(form=said("A field has a name that no form of ours has."))
        if not _is_storable(text):
            raise BadInput(
                **{name: said("This text holds a character that cannot be stored. Please remove it.")}
            )
    return Form({name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in pairs})


async def form_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """All fields as sent, repeated names included."""
    state = scope_state(request.scope)
    if "form_pairs" not in state:
        state["form_pairs"] = _parsed(request.headers.get("content-type", ""), await whole_body(request))
    pairs: list[tuple[str, str]] = state["form_pairs"]
    return pairs


def new_form_key() -> str:
    """A fresh key for a form that creates, buys or spends: the same key twice acts once."""
    return secrets.token_urlsafe(16)


def _is_storable(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _parsed(media_type: str, body: bytes) -> list[tuple[str, str]]:
    if not body:
        return []
    if media_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise WrongMediaType
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:  # UnicodeDecodeError is one too
        raise UnreadableForm("This form could not be read.") from error
