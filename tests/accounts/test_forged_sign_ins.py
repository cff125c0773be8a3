"""What proves nobody: forged tokens, ways back that were not begun here, Clerk's tokens that are not meant for us. W10.

Each is refused with a page of ours and signs in nobody; nobody gets a row.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc.jwk import ECKey, RSAKey

from app.database import rows
from tests.accounts.browsers import Browser, heading
from tests.accounts.clerk_instance import CLERK_KEY, ClerkInstance
from tests.accounts.conftest import Site
from tests.accounts.provided import (
    FOREIGN,
    FORGED_CLAIMS,
    FORGED_HEADS,
    PUBLIC_PEM,
    Claims,
    confused,
    headed,
    raw,
    signed,
    verdict,
    way_back,
    with_query,
)
from tests.accounts.provider import Provider, consent

FORGED_TOKENS = FORGED_HEADS | FORGED_CLAIMS
Attack = Callable[[Site, Browser], Awaitable[httpx.Response]]


async def people_there_are() -> int:
    [found] = await rows("SELECT count(*)::int AS n FROM identities")
    return int(found["n"])


async def test_no_forged_token_is_believed(oidc_site: Site, provider: Provider) -> None:
    """W10: every fault is tried alone, in a sign-in that is right otherwise."""
    faults, before = {}, await people_there_are()
    for name, forge in FORGED_TOKENS.items():
        provider.forge = forge
        browser = oidc_site.browser()
        if (wrong := verdict(browser, await browser.get(await way_back(browser)))) is not None:
            faults[name] = wrong
    assert faults == {}
    assert await people_there_are() == before
    provider.forge = signed  # the same way of making them, with nothing changed
    browser = oidc_site.browser()
    assert (await browser.get(await way_back(browser))).status_code == 303


def changed(**changes: str | None) -> Attack:
    """A right way back, but for these fields of its address; None takes one away."""

    async def attack(site: Site, browser: Browser) -> httpx.Response:
        return await browser.get(with_query(await way_back(browser), **changes))

    return attack


def added(text: str) -> Attack:
    async def attack(site: Site, browser: Browser) -> httpx.Response:
        return await browser.get(await way_back(browser) + text)

    return attack


def with_state(alter: Callable[[str], str]) -> Attack:
    async def attack(site: Site, browser: Browser) -> httpx.Response:
        back = await way_back(browser)
        return await browser.get(with_query(back, state=alter(state_in(back))))

    return attack


def state_in(path: str) -> str:
    return parse_qs(urlsplit(path).query)["state"][0]


def code_in(path: str) -> str:
    return parse_qs(urlsplit(path).query)["code"][0]


async def without_a_cookie(site: Site, browser: Browser) -> httpx.Response:
    return await browser.get(await way_back(site.browser()))


async def with_another_browsers_cookie(site: Site, browser: Browser) -> httpx.Response:
    await way_back(browser)
    return await browser.get(await way_back(site.browser()))


async def with_an_invented_cookie(site: Site, browser: Browser) -> httpx.Response:
    back = await way_back(site.browser())
    browser.client.cookies.set("sign-in", "p" * 43, domain="127.0.0.1", path="/")
    return await browser.get(back)


async def with_somebody_elses_code(site: Site, browser: Browser) -> httpx.Response:
    """The attacker's own code, slipped into the way back of the victim: PKCE and nonce stand in its way."""
    return await browser.get(
        with_query(await way_back(browser), code=code_in(await way_back(site.browser())))
    )


async def with_the_code_of_another_attempt(site: Site, browser: Browser) -> httpx.Response:
    earlier = await way_back(browser)
    return await browser.get(with_query(await way_back(browser), code=code_in(earlier)))


async def twice(site: Site, browser: Browser) -> httpx.Response:
    back = await way_back(browser)
    assert (await browser.get(back)).status_code == 303
    thief = site.browser()
    return await thief.get(back)


async def twice_with_the_cookie_kept(site: Site, browser: Browser) -> httpx.Response:
    left = await browser.get("/sign-in/oidc")
    kept, back = browser.cookie("sign-in"), await consent(left.headers["location"])
    assert (await browser.get(back)).status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set("sign-in", str(kept), domain="127.0.0.1", path="/")
    answer = await browser.get(back)
    assert heading(answer.text) == "This sign-in was used already"
    return answer


async def too_late(site: Site, browser: Browser) -> httpx.Response:
    back = await way_back(browser)
    site.clock.pass_(minutes=10)
    answer = await browser.get(back)
    assert heading(answer.text) == "This sign-in took too long"
    return answer


async def by_post(site: Site, browser: Browser) -> httpx.Response:
    path, _, query = (await way_back(browser)).partition("?")
    return await browser.post(path, **{name: texts[0] for name, texts in parse_qs(query).items()})


FORGED_WAYS_BACK: dict[str, Attack] = {
    "without a cookie": without_a_cookie,
    "with another browser's cookie": with_another_browsers_cookie,
    "with an invented cookie": with_an_invented_cookie,
    "with somebody else's code": with_somebody_elses_code,
    "with the code of another attempt": with_the_code_of_another_attempt,
    "a second time, elsewhere": twice,
    "a second time, with the cookie kept": twice_with_the_cookie_kept,
    "too late": too_late,
    "by POST": by_post,
    "without a state": changed(state=None),
    "with an empty state": changed(state=""),
    "with an invented state": changed(state="x"),
    "with a state of dots": changed(state=".."),
    "with a state without end": changed(state="x" * 8000),
    "with a state that PostgreSQL cannot hold": changed(state="\0"),
    "with a state of another mark": with_state(lambda state: f"{state.rpartition('.')[0]}.{'0' * 64}"),
    "with a state that lives longer": with_state(lambda state: re.sub(r"\.\d", ".9", state, count=1)),
    "with a state of another name": with_state(lambda state: ("y" if state[0] == "x" else "x") + state[1:]),
    "with a state that goes on": with_state(lambda state: state + "0"),
    "with a mark that is not ASCII": with_state(lambda state: state[:-1] + "é"),
    "with two states": added("&state=x"),
    "with two codes": added("&code=x"),
    "with the same code twice": lambda site, browser: _same_code_twice(browser),
    "without a code": changed(code=None),
    "with an empty code": changed(code=""),
    "with an invented code": changed(code="invented"),
    "with a code without end": changed(code="c" * 6000),
    "with a code of odd bytes": changed(code="\0\r\n\ud7ff"),
    "from another provider": changed(iss="https://evil.example"),
    "from two providers": added("&iss=a&iss=b"),
    "with a no beside the code": changed(error="access_denied"),
    "with a no alone": changed(error="access_denied", code=None),
    "with a no of another kind": changed(error="<script>", code=None),
    "with a no and no state": changed(error="server_error", code=None, state=None),
    "with fields without end": added("&x=1" * 60),
    "with bytes that are no text": added("&code=%ff%fe"),
}


async def _same_code_twice(browser: Browser) -> httpx.Response:
    back = await way_back(browser)
    return await browser.get(f"{back}&code={code_in(back)}")


async def test_no_way_back_counts_but_the_one_that_was_begun_here(
    oidc_site: Site, provider: Provider
) -> None:
    """W10, W11: the provider has said yes each time, but for the few noes."""
    faults, before = {}, await people_there_are()
    provider.person = {"sub": "mallory", "email": "mallory@example.test", "email_verified": True}
    for name, attack in FORGED_WAYS_BACK.items():
        browser = oidc_site.browser()
        answer = await attack(oidc_site, browser)
        victim = oidc_site.browser() if name == "a second time, elsewhere" else browser
        if (wrong := verdict(victim, answer)) is not None:
            faults[name] = wrong
    assert faults == {}
    assert await people_there_are() == before + 1, "mallory, who came in rightly before coming a second time"


def clerk(**changes: object) -> Callable[[ClerkInstance], str]:
    return lambda instance: instance.token(**changes)


def clerk_headed(key: RSAKey | ECKey = CLERK_KEY, **changes: object) -> Callable[[ClerkInstance], str]:
    head: Claims = {"alg": "RS256", "kid": "ins_1", "typ": "JWT"}
    return lambda instance: headed(key, **changes)(head, instance.claims())


CURVE = ECKey.generate_key("P-256", parameters={"kid": "ins_ec"})
FORGED_CLERK: dict[str, Callable[[ClerkInstance], str]] = {
    "none": lambda instance: raw({"alg": "none", "kid": "ins_1"}, instance.claims()),
    "no signature": lambda instance: raw({"alg": "RS256", "kid": "ins_1"}, instance.claims()),
    "another key": clerk_headed(FOREIGN),
    "an unknown key": clerk_headed(FOREIGN, kid="ins_2"),
    "HS256 with the public key": lambda instance: confused(CLERK_KEY.as_pem(private=False))(
        {"kid": "ins_1"}, instance.claims()
    ),
    "HS256 with another instance's key": lambda instance: confused(PUBLIC_PEM)(
        {"kid": "ins_1"}, instance.claims()
    ),
    "an algorithm that is not Clerk's": clerk_headed(CURVE, alg="ES256", kid="ins_ec"),
    "PS256": clerk_headed(alg="PS256"),
    "a key brought along": clerk_headed(FOREIGN, jwk=FOREIGN.as_dict(private=False), kid="mine"),
    "another instance": clerk(iss="https://clerk.evil.example"),
    "no instance": clerk(iss=...),
    "asked for by a stranger": clerk(azp="https://evil.example"),
    "asked for by a neighbour": clerk(azp="https://app.example.test.evil.example"),
    "asked for by nobody": clerk(azp=...),
    "asked for by a list": clerk(azp=["https://app.example.test"]),
    "without an end": clerk(exp=...),
    "ended long ago": clerk(exp=1_000_000_000),
    "not good yet": clerk(nbf=9_999_999_999),
    "made in the future": clerk(iat=9_999_999_999),
    "without a beginning": clerk(nbf=...),
    "no person": clerk(sub=...),
    "a machine": clerk(sub="mch_2abc"),
    "one of our own people": clerk(sub="usr_01k0000000000000000000000"),
    "a demo person": clerk(sub="user_seed_billing_operator"),
    "a person that is a number": clerk(sub=1),
    "a template's token, which may live for years": clerk(sid=...),
    "a session that is none": clerk(sid="evil"),
    "a session that is not whole yet": clerk(sts="pending"),
    "somebody who acts for the person": clerk(act={"sub": "user_2admin"}),
    "not a token": lambda instance: "x",
    "nothing": lambda instance: "",
}


async def test_no_token_of_clerks_counts_but_that_of_a_session_meant_for_us(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """W10: in the cookie and in the header alike."""
    instance.keys = [CURVE, CLERK_KEY]
    faults, before = {}, await people_there_are()
    for name, forged in FORGED_CLERK.items():
        browser = clerk_site.browser()
        answer = await browser.get("/sign-in/clerk", authorization=f"Bearer {forged(instance)}")
        faults[f"{name} (header)"] = verdict(browser, answer)
        browser.client.cookies.set("__session", forged(instance), domain="127.0.0.1", path="/")
        faults[name] = verdict(browser, await browser.get("/sign-in/clerk"))
    assert {name: wrong for name, wrong in faults.items() if wrong is not None} == {}
    assert await people_there_are() == before
    browser = clerk_site.browser()
    answer = await browser.get("/sign-in/clerk", authorization=f"Bearer {instance.token()}")
    assert answer.status_code == 303


async def test_a_token_slipped_in_beside_the_true_one_spoils_both(
    clerk_site: Site, instance: ClerkInstance
) -> None:
    """W10: a neighbouring host can set a cookie of the same name."""
    browser = clerk_site.browser()
    both = f"__session={instance.token()}; __session={instance.token(sub='user_2mallory')}"
    answer = await browser.get("/sign-in/clerk", cookie=both)
    assert verdict(browser, answer) is None
    other = await browser.get(
        "/sign-in/clerk",
        cookie=f"__session={instance.token()}",
        authorization=f"Bearer {instance.token(sub='user_2mallory')}",
    )
    assert verdict(browser, other) is None


def test_there_are_enough_forgeries() -> None:
    """W10"""
    assert len(FORGED_TOKENS) + len(FORGED_WAYS_BACK) + len(FORGED_CLERK) >= 120
