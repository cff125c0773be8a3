"""Every page, in every state worth a picture: accessible by day and by lamp, light, still, narrow, with its badge."""

import pytest

from app.web.filters import balance_text
from tests.browser.conftest import Watch
from tests.browser.sight import SCHEMES, Scheme
from tests.gallery.scenes import SCENES, Scene

OF_THE_PAYMENT_SERVICE = ("payment", "payment-declined")
OTHER_PAGE = next(scene for scene in SCENES if scene.person)
every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
OURS = [scene for scene in SCENES if scene.name not in OF_THE_PAYMENT_SERVICE]
every_page = pytest.mark.parametrize("scene", OURS, ids=lambda scene: scene.name)
signed_in_pages = pytest.mark.parametrize(
    "scene", [scene for scene in OURS if scene.person], ids=lambda scene: scene.name
)


@every_scene
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_page_is_accessible_with_everything_open(watch: Watch, scene: Scene, scheme: Scheme) -> None:
    """UI-02"""
    assert watch(scene).faults[scheme] == []


@every_page
def test_the_html_of_a_page_is_sound(watch: Watch, scene: Scene) -> None:
    """UI-02: it is well-formed, no id stands twice, and it has one title, heading, header, main part and footer."""
    assert watch(scene).markup == []


@every_page
def test_a_page_comes_whole_in_six_answers_and_forty_kilobytes_from_our_host(
    watch: Watch, scene: Scene
) -> None:
    """UI-03: a first load with nothing in the cache, headers counted in."""
    seen = watch(scene)
    assert seen.wire_bytes <= 40_000
    assert seen.requests <= 6
    assert seen.hosts == {seen.origin}


@every_scene
def test_a_page_stands_still_and_says_nothing_to_the_console(watch: Watch, scene: Scene) -> None:
    """UI-03: under the policy that the product really sends."""
    seen = watch(scene)
    assert seen.shift <= 0.01
    assert seen.console == []


@every_scene
def test_a_narrow_screen_needs_no_sideways_scroll(watch: Watch, scene: Scene) -> None:
    """UI-04"""
    assert watch(scene).narrow_width <= 320


@every_page
def test_letters_twice_the_size_fit_a_narrow_screen(watch: Watch, scene: Scene) -> None:
    """UI-04"""
    assert watch(scene).large_text_width <= 320


@signed_in_pages
def test_the_badge_says_the_newest_balance_in_the_same_place_everywhere(watch: Watch, scene: Scene) -> None:
    """UI-05, CRED-01"""
    badge, elsewhere = watch(scene).badge, watch(OTHER_PAGE).badge
    assert badge is not None
    assert elsewhere is not None
    assert badge.top == pytest.approx(elsewhere.top, abs=1)
    assert badge.text == balance_text(int(badge.ledger_balance.replace("−", "-")))
