"""The door that files go out by."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from resolvers.downloads import CSV, KINDS, PLACE, fetched
from resolvers.identities import Door
from schema.endpoint import Endpoint
from schema.exporting import exports


def downloads(door: Door, endpoint: Endpoint) -> Route:
    """Where the addresses of files lead."""
    kinds = KINDS | exports(endpoint)

    async def download(request: Request) -> Response:
        found = await fetched(door, kinds, request.path_params["token"])
        if found is None:
            text = "This address is not, or no longer, good. Ask for a new one.\n"
            return PlainTextResponse(text, 404)
        name, pieces = found
        heads = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(pieces, media_type=CSV, headers=heads)

    route = Route(f"{PLACE}{{token}}", download, methods=["GET"])
    assert route.methods
    route.methods.discard("HEAD")  # what is given out once is not gone by a mere look
    return route
