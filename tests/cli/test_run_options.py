"""Where a run answers, and what browsers are told."""

import pytest

from app.cli.run import RunOptions, options_from


def options(host: str | None = None, port: int | None = None, base_url: str | None = None) -> RunOptions:
    return options_from(host=host, port=port, sandbox_port=8001, data_dir=None, base_url=base_url)


def test_with_nothing_said_browsers_are_told_the_loopback_address() -> None:
    assert options().base_url == options().server_url == "http://127.0.0.1:8000"


def test_an_address_on_the_command_line_sets_what_browsers_are_told() -> None:
    assert options(port=8123, base_url="https://credits.example").base_url == "http://127.0.0.1:8123"


def test_a_base_url_that_was_set_stands_when_the_command_line_names_no_address() -> None:
    assert options(base_url="https://credits.example").base_url == "https://credits.example"


@pytest.mark.parametrize(("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")])
def test_listening_everywhere_is_reached_at_the_loopback_address(host: str, reached: str) -> None:
    assert options(host=host).server_url == options(host=host).base_url == f"http://{reached}:8000"
