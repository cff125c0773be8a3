"""What holds for the answer of every door, whoever asks."""

import re

from tests.surface.people import Owner
from tests.surface.walk import doors
from tests.workshops.site import Site

REST = {"token": "t" * 43, "digest": "d", "name": "2026-11", "rest": "no"}
STRANGER = {
    "origin": "https://evil.example",
    "sec-fetch-site": "cross-site",
    "access-control-request-method": "POST",
}
FILE_NAME = re.compile(r'attachment; filename="[a-z0-9_.-]+"')


async def test_no_answer_lets_another_site_read_it(site: Site, alice: Owner) -> None:
    """No header of CORS, neither on an answer nor when a browser asks first; signed in and signed out."""
    for door in doors(site.app):
        if "sign-out" in door.path:
            continue
        for client in (alice.browser.client, site.nobody()):
            for method in (door.method, "OPTIONS"):
                answer = await client.request(method, door.at(alice.ids | REST), headers=STRANGER)
                assert not [name for name in answer.headers if name.startswith("access-control-")], door
                assert answer.status_code < 500, door


async def test_the_name_of_a_file_is_ours_whatever_was_asked_for(site: Site, alice: Owner) -> None:
    """Of a kind, a month or a day, in plain letters: nothing that was typed reaches a header."""
    hostile = "x%22%0d%0aset-cookie:a=b;%2f..%2f%E2%80%AE"
    found = 0
    for path in ("/transactions.csv", "/statements/2026-11.csv", "/account/export"):
        for query in ("", f"?q={hostile}&workshop={hostile}&type={hostile}&from={hostile}&name={hostile}"):
            answer = await alice.browser.get(path + query)
            named = answer.headers.get("content-disposition")
            if named is not None:
                found += 1
                assert FILE_NAME.fullmatch(named), path
            assert "a" not in answer.cookies
    assert found >= 4
