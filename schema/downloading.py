"""The door that files go out by."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from resolvers.downloads import CSV, PLACE, fetched
from resolvers.identities import Door


def downloads(door: Door) -> Route:
    """Where the signed addresses lead."""

    async def download(request: Request) -> Response:
        found = await fetched(door, request.path_params["token"])
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
