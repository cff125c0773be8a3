"""The one way into the API: key, path, parameters, faults, idempotency, then the endpoint's own work.

Decides what every call has in common. Knows nothing of any object.
"""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.response import Stream

from app.sandbox.api import (
    catalogue,
    customers,
    disputes,
    events,
    intents,
    payment_methods,
    payment_pages,
    payments,
    refunds,
    sessions,
    webhook_endpoints,
)
from app.sandbox.api.call import Call, Endpoint
from app.sandbox.api.expansion import expanded
from app.sandbox.api.idempotency import Answer, claim, keep, release
from app.sandbox.change import API_VERSION, Cause, Change
from app.sandbox.errors import ApiError
from app.sandbox.faults import ApiFault
from app.sandbox.forms import decode
from app.sandbox.ids import new_id
from app.sandbox.shapes import EXPAND, read_params, require
from app.sandbox.store import Document
from app.sandbox.world import World

ENDPOINTS: tuple[Endpoint, ...] = (
    *customers.ENDPOINTS,
    *catalogue.ENDPOINTS,
    *sessions.ENDPOINTS,
    *payment_pages.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *intents.ENDPOINTS,
    *payments.ENDPOINTS,
    *refunds.ENDPOINTS,
    *disputes.ENDPOINTS,
    *events.ENDPOINTS,
    *webhook_endpoints.ENDPOINTS,
)
ROUTES = [
    (found.method, re.compile(re.escape(found.path).replace(r"\{id\}", "(?P<id>[^/]+)")), found)
    for found in ENDPOINTS
]
KEY_PREFIXES = ("sk_test_", "rk_test_")
LONGEST_SILENCE_SECONDS = 30.0
JSON = "application/json"


@dataclass(frozen=True)
class Visit:
    """One request, taken apart."""

    method: str
    path: str
    raw: Mapping[str, Any]
    cause: Cause


async def answer_call(request: Request[Any, Any, Any], world: World) -> Response[Any]:
    """The answer to one API call, or whatever the fault that is switched on makes of it."""
    request_id = new_id("req", 14)
    fault, seconds = world.faults.take_api(f"{request.method} {request.scope['path']}") or (None, 0.0)
    if fault is ApiFault.LOST_REQUEST:
        return await _silence(world)
    broken = _broken_answer(fault)
    answer = broken or await _answer(request, world, request_id, fault, seconds)
    if fault is ApiFault.LOST_REPLY:
        return await _silence(world)
    if fault is ApiFault.RESET:
        return _torn(answer)
    return _response(request, answer, request_id)


async def _answer(
    request: Request[Any, Any, Any], world: World, request_id: str, fault: ApiFault | None, seconds: float
) -> Answer:
    try:
        _check_key(request.headers.get("authorization", ""))
        visit = await _visit(request, request_id)
        endpoint, object_id = _route(visit, world)
        params = _params(endpoint, visit)
        return await _once(
            world, visit, lambda: _work(world, endpoint, object_id, visit, params), fault, seconds
        )
    except ApiError as error:
        return _refusal(error)


def _check_key(authorization: str) -> None:
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            key = base64.b64decode(key).decode().partition(":")[0]
    if not key.startswith(KEY_PREFIXES):
        message = "Invalid API Key provided. The sandbox takes keys that start with sk_test_ or rk_test_."
        raise ApiError(401, message, kept=False)


async def _visit(request: Request[Any, Any, Any], request_id: str) -> Visit:
    sent = request.scope["query_string"] if request.method == "GET" else await request.body()
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    try:
        raw = decode(bytes(sent).decode())
    except UnicodeDecodeError as error:
        raise ApiError(400, "Invalid request: it is not UTF-8.", kept=False) from error
    return Visit(request.method, request.scope["path"], raw, Cause(request_id, key))


def _route(visit: Visit, world: World) -> tuple[Endpoint, str]:
    for method, pattern, endpoint in ROUTES:
        match = pattern.fullmatch(visit.path)
        if match is not None and method == visit.method:
            return endpoint, match.groupdict().get("id", "")
    world.unimplemented[f"{visit.method} {visit.path}"] += 1
    message = f"Unrecognized request URL ({visit.method}: {visit.path}). The sandbox does not model it."
    raise ApiError(404, message, kept=False)


def _params(endpoint: Endpoint, visit: Visit) -> dict[str, Any]:
    """The checked parameters. Nothing is carried out for a call that fails here, so nothing is kept."""
    params = read_params({**endpoint.takes, **EXPAND}, visit.raw)
    require(params, *endpoint.needs)
    if endpoint.check is not None:
        endpoint.check(params)
    return params


async def _once(
    world: World, visit: Visit, work: Callable[[], Answer], fault: ApiFault | None, seconds: float
) -> Answer:
    """Do the work, unless its key says that it was done. The key is claimed before anything can be awaited."""
    key = visit.cause.idempotency_key
    if key is not None:
        kept = claim(world.store, key, visit.method, visit.path, visit.raw)
        if kept is not None:
            return kept
    try:
        if fault is ApiFault.SLOW:
            await _pause(world, seconds)
        return _stored_failure(world, key) if fault is ApiFault.STORED_500 else work()
    finally:
        if key is not None:
            release(world.store, key)


def _work(
    world: World, endpoint: Endpoint, object_id: str, visit: Visit, params: Mapping[str, Any]
) -> Answer:
    """Carry out a call; its effect and its kept answer are stored together."""
    key = visit.cause.idempotency_key
    try:
        with world.change(visit.cause) as change:
            answer = _answered(change, endpoint.run(Call(change, visit.path, params, object_id)), params)
            if key is not None:
                keep(world.store, key, answer)
            return answer
    except ApiError as error:
        refusal = _refusal(error)
        if key is not None and error.kept:
            keep(world.store, key, refusal)
        return refusal


def _answered(change: Change, body: Document | ApiError, params: Mapping[str, Any]) -> Answer:
    if isinstance(body, ApiError):
        return _refusal(body)
    return Answer(200, json.dumps(expanded(change, body, params.get("expand", [])), indent=2))


def _refusal(error: ApiError) -> Answer:
    return Answer(error.status, json.dumps(error.envelope, indent=2))


def _stored_failure(world: World, key: str | None) -> Answer:
    answer = _refusal(ApiError(500, "An unknown error occurred.", type="api_error"))
    if key is not None:
        keep(world.store, key, answer)
    return answer


def _broken_answer(fault: ApiFault | None) -> Answer | None:
    if fault is ApiFault.TOO_MANY:
        return _refusal(ApiError(429, "Too many requests in this period.", code="rate_limit"))
    if fault is ApiFault.UNAVAILABLE:
        return _refusal(ApiError(503, "Stripe is unavailable (switched on here).", type="api_error"))
    if fault is ApiFault.GARBAGE:
        return Answer(200, "<html><body>This is not the API.</body></html>")
    return None


def _response(request: Request[Any, Any, Any], answer: Answer, request_id: str) -> Response[str]:
    headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("stripe-version", API_VERSION)}
    if key := request.headers.get("idempotency-key"):
        headers["Idempotency-Key"] = key
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)


async def _pause(world: World, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await world.closing.wait()


async def _silence(world: World) -> Response[Any]:
    """No answer for longer than any client waits; then the connection breaks."""
    await _pause(world, LONGEST_SILENCE_SECONDS)
    return _torn(Answer(200, "{ "))


def _torn(answer: Answer) -> Response[Any]:
    """An answer that promises more than it sends, so that the connection breaks off in the middle."""

    async def half() -> AsyncIterator[bytes]:
        yield answer.body.encode()[: len(answer.body) // 2]

    headers = {"content-length": str(len(answer.body) + 1)}
    return Stream(half(), status_code=answer.status, media_type=JSON, headers=headers)
