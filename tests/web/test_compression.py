"""Which answers are packed, and that they are the same when unpacked."""

import httpx

from tests.web.reading import untokened


async def test_a_page_is_the_same_packed_and_plain(nobody: httpx.AsyncClient) -> None:
    packed = await nobody.get("/help", headers={"accept-encoding": "br, gzip"})
    plain = await nobody.get("/help", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert "content-encoding" not in plain.headers
    assert untokened(packed.text) == untokened(plain.text)
    assert int(plain.headers["content-length"]) == len(plain.content)
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


async def test_the_page_of_a_failure_is_packed_too(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/no/such/page")
    assert (answer.status_code, answer.headers["content-encoding"]) == (404, "gzip")
    assert "</html>" in answer.text


async def test_what_is_small_is_sent_as_it_is(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/healthz")
    assert (answer.text, "content-encoding" in answer.headers) == ("ok\n", False)
    assert answer.headers["x-content-type-options"] == "nosniff"
