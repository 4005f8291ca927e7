"""What is told as it happens."""

import strawberry

from resolvers import progress
from schema.fields import told
from schema.nouns import argument, root


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
