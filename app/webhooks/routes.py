"""The door for Stripe's messages: who may come in is decided by the signature alone, and the answer is a status."""

import structlog
from litestar import post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.response import Response

from app.clock import Clock
from app.errors import NotVerifiable
from app.payments.gateway import PaymentGateway
from app.web.bodies import whole_body
from app.web.request_id import request_id
from app.web.site import HttpRequest
from app.webhooks.handlers import PASSING, Means, take_in
from app.workshops.access import PaywallRules

LARGEST_BYTES = 512 * 1024  # refused before any hashing
RETRY_SECONDS = "30"
SIGNATURE = "stripe-signature"
log = structlog.get_logger("app.webhooks")


@post(
    "/webhooks/stripe",
    opt={"no_csrf": True},
    request_max_body_size=LARGEST_BYTES,
    status_code=200,
    media_type=MediaType.TEXT,
)
async def stripe_webhook(
    request: HttpRequest,
    gateway: NamedDependency[PaymentGateway],
    rules: NamedDependency[PaywallRules],
    clock: NamedDependency[Clock],
) -> Response[str]:
    """200: done, seen before, ignored or quarantined. 400: not verifiable. 5xx: send it again."""
    if not _is_plain_json(request):
        return _answer(415)
    body = await whole_body(request)
    now = clock()
    try:
        event = gateway.read_event(body, _signature(request), now=now)
    except NotVerifiable as error:
        log.warning("webhook_refused", reason=str(error)[:200])
        return _answer(400)
    try:
        await take_in(event, Means(gateway, rules, now, request_id(request)))
    except PASSING as error:
        log.warning("webhook_postponed", event_id=event.id, error=repr(error)[:200])
        return _answer(503)
    except Exception as error:
        log.error("webhook_failed", event_id=event.id, exc_info=error)
        return _answer(500)
    return _answer(200)


def _is_plain_json(request: HttpRequest) -> bool:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return kind == "application/json" and request.headers.get("content-encoding", "identity") == "identity"


def _signature(request: HttpRequest) -> str | None:
    """None unless there is exactly one."""
    sent = request.headers.getall(SIGNATURE, [])
    return sent[0] if len(sent) == 1 else None


def _answer(status: int) -> Response[str]:
    headers = {"Retry-After": RETRY_SECONDS} if status == 503 else {}
    return Response("", status_code=status, headers=headers, media_type=MediaType.TEXT)


ROUTES = [stripe_webhook]
