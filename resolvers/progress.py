"""What is followed while it goes on: each source yields the ids of what is to be told of."""

from collections.abc import AsyncIterator

from gateways import Following
from models import UserImport
from models.imports import ENDED, READY
from models.numbers import check_uuid, is_uuid
from resolvers.context import Context

RESTING = (READY, *ENDED)  # from here nothing goes on by itself


async def of_import(context: Context, following: Following, import_id: str) -> AsyncIterator[str]:
    """Yields a file of users, at once and each time it has come further, until it comes to rest."""
    if not is_uuid(import_id):
        yield import_id
        return
    key = check_uuid(import_id)
    following.follow("user_import", key)
    here = UserImport.filter(id=key, organisation_id=context.organisation_id)

    async def stage() -> tuple[str, int] | None:
        return await here.first().values_list("status", "version")

    while True:
        before = await stage()
        yield import_id
        # What was told is the last of it only if the file rested before and rests after.
        if before is None or before[0] in RESTING:
            if await stage() == before:
                return
        else:
            await following.next()


async def of_notifications(context: Context, following: Following) -> AsyncIterator[str]:
    """Yields one's notifications as they come; what could not be heard stands in their list."""
    following.follow("notification", context.subject.user_id)
    while True:
        if key := await following.next():
            yield key
