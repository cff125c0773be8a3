"""A browser as far as signing in needs one: a cookie jar that fills in the forms it is shown."""

import html5lib
import httpx

SIGN_IN = "/sign-in"


class Browser:
    """One cookie jar. `post` takes the token from a page it has opened just before."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(
            path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    async def post(self, path: str, *, from_page: str = SIGN_IN, **fields: str) -> httpx.Response:
        token = csrf_token((await self.get(from_page)).text)
        return await self.client.post(path, data={"csrf_token": token, **fields})

    def cookie(self, name: str) -> str | None:
        return next((each.value for each in self.client.cookies.jar if each.name == name), None)


def csrf_token(page: str) -> str:
    return element(page, "input", name="csrf_token")["value"]


def element(page: str, tag: str, **wanted: str) -> dict[str, str]:
    """The attributes of the first such element."""
    for found in html5lib.parse(page, namespaceHTMLElements=False).iter(tag):
        if all(found.get(name) == text for name, text in wanted.items()):
            return dict(found.items())
    raise AssertionError(f"no <{tag}> with {wanted}")


def heading(page: str) -> str:
    """The text of the page's one <h1>."""
    [found] = html5lib.parse(page, namespaceHTMLElements=False).iter("h1")
    return " ".join("".join(found.itertext()).split())
