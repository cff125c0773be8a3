"""Gives every request an id that its log lines and the ledger rows it writes carry."""

import uuid

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.web.site import HttpRequest, scope_state

KEY = "request_id"
HEADER = b"x-request-id"


class RequestId(ASGIMiddleware):
    """Makes the id; one that the client sends is ignored, since ours end up in the ledger."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Bind the id to the log and to the answer."""
        made = uuid.uuid4().hex
        scope_state(scope)[KEY] = made

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER, made.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=made):
            await next_app(scope, receive, send_with_id)


def request_id(request: HttpRequest) -> str | None:
    """The id of this request; None outside the middleware."""
    found: str | None = scope_state(request.scope).get(KEY)
    return found
