"""Forms of people who are not signed in: the sign-in page is one."""

import httpx
from litestar import Litestar, get
from litestar.response import Template

from app.web.rendering import page
from app.web.site import HttpRequest
from app.web.styleguide import GUIDE
from tests.web.reading import by_id, hidden, parsed
from tests.web.small_site import client_of, small_site


@get("/any-form")
async def any_form(request: HttpRequest) -> Template:
    return page(request, "web/styleguide.html", GUIDE)


def site_with_a_form() -> Litestar:
    site = small_site()
    site.register(any_form)
    return site


async def _token(client: httpx.AsyncClient) -> str:
    return hidden(by_id(parsed((await client.get("/any-form")).text), "forms"), "csrf_token")


async def test_a_page_with_a_form_gives_a_cookie_that_its_token_fits() -> None:
    async with client_of(site_with_a_form()) as nobody:
        token = await _token(nobody)
        assert nobody.cookies.get("anon")
        answer = await nobody.post("/form", data={"csrf_token": token})
    assert answer.status_code == 201


async def test_the_token_of_an_earlier_page_still_acts_after_a_later_one() -> None:
    async with client_of(site_with_a_form()) as nobody:
        tokens = [await _token(nobody), await _token(nobody)]
        answers = [await nobody.post("/form", data={"csrf_token": each}) for each in tokens]
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_the_token_of_one_browser_is_worth_nothing_in_another() -> None:
    """W02"""
    site = site_with_a_form()
    async with client_of(site) as first, client_of(site) as second:
        stolen = await _token(first)
        await _token(second)
        assert (await second.post("/form", data={"csrf_token": stolen})).status_code == 403


async def test_a_cookie_that_is_none_of_ours_is_replaced() -> None:
    async with client_of(site_with_a_form()) as nobody:
        answer = await nobody.get("/any-form", headers={"cookie": "anon=short"})
    assert answer.headers["set-cookie"].startswith("anon=")


async def test_the_form_cookie_is_not_for_scripts_and_ends_with_the_browser() -> None:
    """W07"""
    async with client_of(site_with_a_form()) as nobody:
        cookie = (await nobody.get("/any-form")).headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Max-Age" not in cookie and "Secure" not in cookie
