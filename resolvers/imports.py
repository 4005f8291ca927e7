"""What can be done to files of users: upload them, start them, cancel them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import NewType

import orjson
from uuid_utils.compat import uuid7

from models import ImportPolicy, User, UserImport, UserImportPart, UserStatus
from models.bulk import insert
from models.imports import RUN_ONCE, UNDONE
from models.refusals import Invalid, Refusals
from models.user_files import DELETE, decoded, read
from resolvers.context import Context, OneOf

Upload = NewType("Upload", object)
ROWS_IN_A_PART = 500
WITHOUT_A_NAME = "users.csv"
JOB = "imports"


@dataclass(frozen=True)
class SentFile:
    """A file that came with a request."""

    name: str
    content: bytes


@dataclass
class UserFile(OneOf):
    """A UserFile is a CSV file of 15 columns, sent in one of two ways.

    upload: The file, by a multipart request.
    text: The file's text, for scripts.
    """

    upload: Upload | None = None
    text: str | None = None


async def upload(
    context: Context,
    file: UserFile,
    policy: ImportPolicy | None = ImportPolicy.REJECT_FILE,
    start_when_ready: bool | None = False,
    confirm_removals: int | None = None,
) -> UserImport:
    """Upload a file of users and check every row; with dryRun it can be read but never started.

    file: The file.
    policy: What bad rows do to the rest.
    start_when_ready: Whether to run it at once when nothing stops it.
    confirm_removals: The exact number of users that it may delete, when that is many.
    user_import: The import, being checked.
    """
    try:
        name, content = named(file)
        file_hash = context.gateways.vault.fingerprint(sha256(content).hexdigest())
        await must_be_new(context, file_hash)
        # Beside the requests: a large file takes a second to be read and sealed.
        count, parts = await asyncio.to_thread(sealed, context, content)
    except (Invalid, Refusals) as refusal:
        raise refusal.under("file") from None
    made = UserImport(
        organisation_id=context.organisation_id,
        file_name=name,
        file_hash=file_hash,
        policy=policy or ImportPolicy.REJECT_FILE,
        is_dry_run=context.is_dry_run,
        starts_when_ready=bool(start_when_ready),
        confirmed_removals=confirm_removals,
        uploaded_by=await context.actor(),
        request_uuid=context.request_uuid,
        row_count=count,
    )
    await made.save()
    columns = ("id", "organisation_id", "user_import_id", "number", "rows_sealed")
    rows = ((uuid7(), made.organisation_id, made.id, at, one) for at, one in enumerate(parts))
    names = (*columns, "is_checked", "is_run")
    await insert(UserImportPart, names, ((*row, False, False) for row in rows))
    context.wakes.add(JOB)
    return made


def named(file: UserFile) -> tuple[str, bytes]:
    """The name and the content of a file, however it was sent."""
    if isinstance(file.upload, SentFile):
        name = "".join(one for one in file.upload.name if one.isprintable())
        return name[:200] or WITHOUT_A_NAME, file.upload.content
    if file.text is None:
        raise Invalid("REQUIRED", path=("upload",))
    return WITHOUT_A_NAME, file.text.encode("utf-8", "replace")


def sealed(context: Context, content: bytes) -> tuple[int, list[bytes]]:
    """How many rows a file has, and they themselves, sealed some at a time."""
    seal, parts, count = context.gateways.vault.seal, [], 0
    rows: Iterator[list[object]] = ([one.line, one.cells] for one in read(decoded(content)))
    while part := list(islice(rows, ROWS_IN_A_PART)):
        count += len(part)
        parts.append(seal(orjson.dumps(part).decode()))
    return count, parts


async def must_be_new(context: Context, file_hash: str) -> None:
    """Refuses a file that has been run lately, and not been undone."""
    since = context.now - RUN_ONCE
    here = UserImport.filter(organisation_id=context.organisation_id, file_hash=file_hash)
    if await here.filter(started_at__gte=since).exclude(status=UNDONE).exists():
        raise Invalid("FILE_ALREADY_UPLOADED")


async def start(
    context: Context, import_: UserImport, confirm_removals: int | None = None
) -> UserImport:
    """Run a file that has been checked.

    import_id: The import.
    confirm_removals: The exact number of users that it may delete, when that is many.
    user_import: The import, running.
    """
    import_.must_be_startable()
    await must_be_new(context, import_.file_hash)
    await count_removals(import_)
    import_.must_be_confirmed(confirm_removals)
    import_.start(await context.actor(), context.now, context.request_uuid)
    await import_.save()
    context.wakes.add(JOB)
    return import_


async def count_removals(import_: UserImport) -> None:
    """Counts the active users, and those of them that the file removes."""
    active = User.filter(organisation_id=import_.organisation_id, status=UserStatus.ACTIVE)
    import_.active_count = await active.count()
    removed = active.filter(
        import_rows__user_import_id=import_.id, import_rows__action=DELETE.value
    )
    import_.removal_count = await removed.count()


async def cancel(context: Context, import_: UserImport) -> UserImport:
    """Stop a file; rows that have been run stay.

    import_id: The import.
    user_import: The cancelled import.
    """
    import_.cancel(context.now)
    await erase(import_)
    await import_.save()
    return import_


async def erase(import_: UserImport) -> None:
    """Deletes the file itself; its bad rows are kept a while, to be corrected."""
    parts = UserImportPart.filter(user_import_id=import_.id)
    await parts.filter(bad_rows_sealed__isnull=True).delete()
    await parts.update(rows_sealed=None)
