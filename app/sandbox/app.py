"""Puts a sandbox together: the API, the pages, the switches and the outbox. Decides nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, Request, Response, Router, get, route
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from app.sandbox.api.door import answer_call
from app.sandbox.dashboard import dashboard_router
from app.sandbox.delivery import Outbox
from app.sandbox.errors import ApiError
from app.sandbox.filters import FILTERS
from app.sandbox.pages import PayPage, pay_router
from app.sandbox.policy import add_headers
from app.sandbox.receipts import receipt_router
from app.sandbox.switches import switch_router
from app.sandbox.world import World

HERE = Path(__file__).parent


def sandbox_around(world: World) -> Litestar:
    """A whole Stripe that moves no money, as an application over a world that somebody else keeps hold of."""
    outbox = Outbox(world)
    pay_page = PayPage(world, outbox)
    return Litestar(
        route_handlers=[
            api,
            Router(
                "/",
                before_request=refuse_other_sites,
                route_handlers=[pay_router, dashboard_router, receipt_router, switch_router],
            ),
            healthz,
            front,
            create_static_files_router("/assets", directories=[HERE / "static"]),
        ],
        dependencies={
            "world": Provide(lambda: world, sync_to_thread=False),
            "outbox": Provide(lambda: outbox, sync_to_thread=False),
            "pay_page": Provide(lambda: pay_page, sync_to_thread=False),
        },
        before_send=[add_headers],
        exception_handlers={HTTPException: explain, ApiError: explain_refusal},
        lifespan=[lambda _: _running(world, outbox)],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment())),
        openapi_config=None,
        logging_config=None,
    )


@route(["/v1/{rest:path}", "/v2/{rest:path}"], http_method=["GET", "POST", "DELETE", "PUT", "PATCH"])
async def api(request: Request[Any, Any, Any], world: NamedDependency[World]) -> Response[Any]:
    """Everything under `/v1` and `/v2` goes through one door, unknown addresses too."""
    return await answer_call(request, world)


async def refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    """No page of another site may press a button here. Raises: PermissionDeniedException: one tried."""
    if request.method == "POST" and request.headers.get("sec-fetch-site") == "cross-site":
        raise PermissionDeniedException("This came from another site.")


def explain(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What a person reads when something is not there."""
    title = HTTPStatus(error.status_code).phrase
    context = {"title": title, "detail": error.detail}
    return Template("lost.html", context=context, status_code=error.status_code, headers=error.headers)


def explain_refusal(request: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    """What a person reads whose form cannot be understood."""
    context = {"title": "This was not understood", "detail": str(error)}
    return Template("lost.html", context=context, status_code=error.status)


@get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@get("/")
async def front() -> Redirect:
    """The dashboard is the way in."""
    return Redirect("/dashboard", status_code=303)


def environment() -> Environment:
    """The templates, where a name that is missing is an error."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(FILTERS)
    return found


def _running(world: World, outbox: Outbox) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        worker = asyncio.create_task(outbox.run())
        try:
            yield
        finally:
            world.close()
            await worker
            world.store.close()

    return run()
