"""The browser of the walk: it can only do what a person without JavaScript could."""

import pytest

from app.cli.plain_browser import Form, PlainBrowser, Seen


def page(*forms: Form) -> Seen:
    return Seen(address="http://127.0.0.1:1/here", status=200, heading="Here", forms=forms, text="")


def test_a_form_takes_what_is_typed_but_only_the_choices_it_offers() -> None:
    form = Form("/buy", fields={"pack": "one"}, free={"note"}, choices={("pack", "one"), ("pack", "two")})
    assert form.offers("note", "anything")
    assert form.offers("pack", "two")
    assert not form.offers("pack", "three")


def test_a_form_that_was_not_served_cannot_be_sent() -> None:
    with PlainBrowser("http://127.0.0.1:1") as browser, pytest.raises(LookupError, match="no form to /buy"):
        browser.send(page(Form("/elsewhere", free={"pack"})), "/buy", pack="one")
