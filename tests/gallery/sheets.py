"""Lays pictures beside each other on sheets. Knows nothing of what is on them."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from playwright.sync_api import Browser

ON_A_SHEET = 6
_FRAME = """<!DOCTYPE html><meta charset="utf-8"><title>Sheet</title><style>
body {{ margin: 12px; display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; background: #888;
  font: 13px sans-serif; }}
figure {{ margin: 0 }} img {{ inline-size: 100%; block-size: 900px; object-fit: contain; object-position: 0 0; }}
</style>{}"""


def sheets_of(browser: Browser, pictures: Sequence[Path], name: Path) -> Iterator[Path]:
    """Sheets with six pictures each, `name-1.png` and so on."""
    with browser.new_context(viewport={"width": 1920, "height": 900}) as context:
        page = context.new_page()
        for start in range(0, len(pictures), ON_A_SHEET):
            shown = pictures[start : start + ON_A_SHEET]
            frame = name.with_suffix(".html")
            frame.write_text(_FRAME.format("".join(map(_figure, shown))))
            page.goto(frame.resolve().as_uri())
            sheet = name.with_name(f"{name.name}-{start // ON_A_SHEET + 1}.png")
            page.screenshot(path=sheet, full_page=True)
            frame.unlink()
            yield sheet


def _figure(picture: Path) -> str:
    return f'<figure><img src="{picture.resolve().as_uri()}" alt=""><figcaption>{escape(picture.stem)}</figcaption></figure>'
