"""Asks a sign-in provider over HTTPS: little is read, nothing is followed, no answer is waited for long."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.accounts.errors import ProviderSilent

PATIENCE = httpx.Timeout(5.0, connect=3.0)
LARGEST_ANSWER_BYTES = 256 * 1024
Document = Mapping[str, Any]


@asynccontextmanager
async def provider_client() -> AsyncIterator[httpx.AsyncClient]:
    """The connections to providers, for one event loop."""
    async with httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client:
        yield client


async def document_at(client: httpx.AsyncClient, address: str, **headers: str) -> Document:
    """The JSON object at this address.

    Raises: ProviderSilent: there is no answer, or none that could be read.
    """
    status, found = await answer_to(client, client.build_request("GET", address, headers=headers))
    if status != httpx.codes.OK:
        raise ProviderSilent(f"{status} from {address}")
    return found


async def answer_to(
    client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None = None
) -> tuple[int, Document]:
    """Status and JSON object of an answer below 500; a redirect is an answer, too.

    Raises: ProviderSilent: there is no answer, or none that could be read.
    """
    request.headers["accept"] = "application/json"
    try:
        answer = await client.send(request, auth=auth, stream=True)
        try:
            body = await _read(answer)
        finally:
            await answer.aclose()
        found = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise ProviderSilent(f"{type(error).__name__} from {request.url}") from error
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or not isinstance(found, dict):
        raise ProviderSilent(f"{answer.status_code} from {request.url}")
    return answer.status_code, found


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER_BYTES:
            raise ValueError("too large an answer")
    return body
