"""Many bodies that are almost Stripe's, and as many that are: none of the first comes in, and none of the second is lost.

Small in every run, a thousand of each by `make proof`.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.ids import new_id
from tests.checkout.till import SECRET
from tests.proof import IS_PROOF, chosen_seed
from tests.webhooks.site import PATH, Site, count_of_events, event_of, signature

EACH = 1000 if IS_PROOF else 60
TOO_LARGE = 512 * 1024 + 1


@dataclass(frozen=True)
class Letter:
    """What arrives: bytes, and the header beside them."""

    body: bytes
    header: str | None


Forgery = Callable[[random.Random, bytes], Letter]


def genuine(number: int) -> bytes:
    """An event that Stripe could send, of a kind that asks for nothing."""
    about = event_of(f"cs_test_{number}", event_id=f"evt_{new_id('evt')}", kind="created")
    return json.dumps(about).encode()


def _unsigned(chance: random.Random, body: bytes) -> Letter:
    return Letter(body, chance.choice([None, "", "t=1", "v1=00", "t=,v1=", "Bearer x"]))


def _with_another_secret(chance: random.Random, body: bytes) -> Letter:
    return Letter(body, signature(body, secret=f"whsec_{chance.random()}"))


def _altered(chance: random.Random, body: bytes) -> Letter:
    place = chance.randrange(len(body))
    changed = bytes([body[place] ^ (1 << chance.randrange(7))])
    return Letter(body[:place] + changed + body[place + 1 :], signature(body))


def _cut_or_longer(chance: random.Random, body: bytes) -> Letter:
    other = body[: chance.randrange(len(body))] if chance.random() < 0.5 else body + b" "
    return Letter(other, signature(body))


def _stale(chance: random.Random, body: bytes) -> Letter:
    return Letter(body, signature(body, shift_seconds=-chance.randrange(310, 10**6)))


def _of_the_future(chance: random.Random, body: bytes) -> Letter:
    return Letter(body, signature(body, shift_seconds=chance.randrange(310, 10**6)))


def _with_a_spoilt_header(chance: random.Random, body: bytes) -> Letter:
    good = signature(body)
    digit = chance.randrange(good.index("v1=") + 3, len(good))
    spoilt = [good[:digit], good.replace("v1=", "v0="), f"t=1,{good}", good[:digit] + "g" + good[digit + 1 :]]
    return Letter(body, chance.choice(spoilt))


def _malformed(chance: random.Random, body: bytes) -> Letter:
    """Signed with the right secret, and no event."""
    odd = chance.choice(["[]", "null", "{}", "7", '"x"', "{" * 9999, body.decode()[:-1], '{"id": NaN}'])
    return Letter(odd.encode(), signature(odd.encode()))


def _oversized(chance: random.Random, body: bytes) -> Letter:
    large = body + b" " * (TOO_LARGE - len(body) + chance.randrange(9))
    return Letter(large, signature(large))


FORGERIES: tuple[Forgery, ...] = (
    _unsigned,
    _with_another_secret,
    _altered,
    _cut_or_longer,
    _stale,
    _of_the_future,
    _with_a_spoilt_header,
    _malformed,
    _oversized,
)


async def answered(site: Site, letter: Letter) -> int:
    headers = {"content-type": "application/json"}
    if letter.header is not None:
        headers["stripe-signature"] = letter.header
    return (await site.http.post(PATH, content=letter.body, headers=headers)).status_code


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_no_forgery_is_taken_in_and_none_breaks_the_door(site: Site) -> None:
    """BILL-04, W34 to W41: forged, altered, stale, future, malformed and oversized; 4xx, and nothing is stored."""
    seed, said = chosen_seed(), Counter[int]()
    chance, before = random.Random(seed), await count_of_events()
    for number in range(EACH):
        letter = FORGERIES[number % len(FORGERIES)](chance, genuine(number))
        said[await answered(site, letter)] += 1
    print(f"Webhooks: {EACH} forgeries, seed {seed}: {dict(said)}")
    assert set(said) == {400, 413}, f"seed {seed}"
    assert await count_of_events() == before


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_every_genuine_event_is_taken_in(site: Site) -> None:
    """BILL-04: whatever was sent before it."""
    before, said = await count_of_events(), Counter[int]()
    for number in range(EACH):
        body = genuine(number)
        said[await answered(site, Letter(body, signature(body, secret=SECRET)))] += 1
    print(f"Webhooks: {EACH} genuine: {dict(said)}")
    assert said == {200: EACH}
    assert await count_of_events() == before + EACH
