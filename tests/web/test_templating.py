"""How templates are read: compiled once in a process, and anew once their words change."""

from pathlib import Path

from app.web.templating import new_environment


def _said(folder: Path) -> str:
    return new_environment(lambda name: name, folder).get_template("page.html").render()


def test_a_second_application_compiles_nothing_and_still_sees_a_change(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("Before")
    first = new_environment(str, tmp_path)
    again = new_environment(str, tmp_path)
    one, other = first.get_template("page.html"), again.get_template("page.html")
    assert one.root_render_func.__code__ is other.root_render_func.__code__
    page.write_text("After")
    assert _said(tmp_path) == "After"
