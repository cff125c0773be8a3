"""A person with a keyboard alone. Says at every stop where the focus is, and whether it can be seen."""

from playwright.sync_api import Locator, Page, expect

STOPS = 80  # more than any page has between two places
SEEN = """wanted => {
  const here = document.activeElement;
  if (!here || here === document.body) return {what: "nothing"};
  const shown = here.closest(".choice") || here;  // a card draws the outline for its radio button
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(shown);
  const [box] = shown.getClientRects();  // of a link that is broken over lines, the first of them
  const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.y + box.height / 2, 1), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    what: `${here.localName} ${here.id || here.name || here.textContent.trim().slice(0, 40)}`,
    outline: outlineStyle === "none" || outlineColor === "rgba(0, 0, 0, 0)" ? 0 : parseFloat(outlineWidth),
    inView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    covered: !(top && (shown.contains(top) || top.contains(shown))),
    isWanted: here === wanted,
  };
}"""


class Keys:
    """The keyboard of one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, wanted: Locator, *, key: str = "Tab") -> None:
        """Go from stop to stop until the focus is there; at each it can be seen, by an outline of two pixels."""
        element = wanted.element_handle()
        for _ in range(STOPS):
            self.page.keyboard.press(key)
            if self.assert_focus_is_seen(element):
                return
        raise AssertionError(f"no key leads to {wanted}")

    def press_on(self, wanted: Locator, *, key: str = "Tab") -> None:
        """Go there and press Enter."""
        self.to(wanted, key=key)
        self.page.keyboard.press("Enter")

    def write(self, wanted: Locator, text: str) -> None:
        self.to(wanted)
        self.page.keyboard.type(text)
        expect(wanted).to_have_value(text)

    def assert_focus_is_seen(self, wanted: object = None) -> bool:
        """Whether the focus is where it is wanted. Never is it lost, out of view or without an outline."""
        seen = self.page.evaluate(SEEN, wanted)
        assert seen["what"] != "nothing", "the focus is lost"
        assert seen["outline"] >= 2, f"{seen['what']}: no outline"
        assert seen["inView"], f"{seen['what']}: out of view"
        assert not seen["covered"], f"{seen['what']}: covered"
        return bool(seen["isWanted"])
