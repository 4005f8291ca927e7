from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.changes import INDEX_CHANGES, INDEX_NO_CHANGES
from models.news import TELL_NO_MORE, TELL_OF_CHANGES, TELL_OF_NOTIFICATIONS


class Migration(migrations.Migration):
    dependencies = [("models", "0016_powers_of_attorney")]

    operations = [
        *(
            ops.AddField(
                model_name="HistoryEntry", name=name, field=fields.IntField(null=True)
            )
            for name in ("old_version", "new_version")
        ),
        ops.RunSQL(INDEX_CHANGES, INDEX_NO_CHANGES),
        ops.RunSQL(TELL_OF_NOTIFICATIONS, TELL_NO_MORE.format("notification")),
        ops.RunSQL(TELL_OF_CHANGES, TELL_NO_MORE.format("history_head")),
    ]
