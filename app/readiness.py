"""Says whether this process can serve: the database answers, and its schema is the one this version knows."""

import asyncpg
from litestar import get
from litestar.response import Response

from app.passing import PASSING
from app.schema.on_record import missing as missing_migrations


@get("/readyz", opt={"no_session": True}, media_type="text/plain")
async def readyz() -> Response[str]:
    """200 when people can be sent here, else 503 with the reason."""
    try:
        missing = await missing_migrations()
    except (*PASSING, asyncpg.PostgresError):  # away or busy, or it refuses what we ask
        return Response("the database does not answer\n", status_code=503, media_type="text/plain")
    if missing:
        return Response("the database is not migrated\n", status_code=503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


ROUTES = [readyz]
