"""Decides how long the body of a request may take, and what it is called when it does not come whole."""

import asyncio

from litestar.exceptions import ClientException, HTTPException, InternalServerException

from app.web.site import HttpRequest

LONGEST_SECONDS = 60.0  # the longest notes, as a weak telephone sends them, take less than half of it


class BrokenBody(ClientException):
    """The sender hung up in the middle, or its chunks are none."""

    detail = "The request broke off."


class SlowBody(HTTPException):
    """The body trickles in, perhaps so that we wait for it."""

    status_code = 408
    detail = "The request took too long to arrive."


async def whole_body(request: HttpRequest) -> bytes:
    """All bytes of the body; nothing else is held meanwhile.

    Repeat: reads once and answers the same.
    Raises: BrokenBody, SlowBody; Litestar's own for one that is too large.
    """
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await request.body()
    except TimeoutError as error:
        raise SlowBody from error
    except InternalServerException as error:  # what Litestar calls a client that is gone
        raise BrokenBody from error
