"""What tells those who run Segl whether it lives and can be asked."""

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models import database


async def health(request: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> Response:
    """The database answers, and lacks no migration."""
    try:
        is_current = await database.is_current()
    except Exception:
        logging.getLogger("segl").exception("the database does not answer")
        return JSONResponse({"status": "the database does not answer"}, 503)
    if not is_current:
        return JSONResponse({"status": "migrations are missing: python server.py migrate"}, 503)
    return JSONResponse({"status": "ready"})


PROBES = [Route("/health", health), Route("/ready", ready)]
