"""What is told as it happens."""

import strawberry

from resolvers import progress
from schema.fields import follows, told
from schema.nouns import argument, root
from schema.types.changes import CHANGES


@root
class Subscription:
    """What is told as it happens, over graphql-transport-ws or server-sent events."""

    # Many users at once
    user_import_progress = told(
        progress.of_import,
        "UserImport",
        "The import, each time it has come further, until it ends.",
        allow="user_import:read",
        arguments=(argument("import_id", strawberry.ID, "The import."),),
    )

    # Notifications
    notification_received = told(
        progress.of_notifications,
        "Notification",
        "One's own notifications, as they come.",
        allow="notification:list",
    )

    # History and changes
    changes = follows(
        CHANGES,
        "change",
        "What changed, as it is committed, with the cursor to go on from.",
        after="Go on from this cursor; from now on when absent.",
    )
