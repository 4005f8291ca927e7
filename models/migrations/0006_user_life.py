from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.history import CONCERNED, CONCERNED_NO_MORE
from models.user_tables import WATCH_NO_USERS, WATCH_USERS


class Migration(migrations.Migration):
    dependencies = [("models", "0005_requests")]

    operations = [
        ops.AddField(
            model_name="HistoryEntry", name="concerns_id", field=fields.UUIDField(null=True)
        ),
        ops.AddField(model_name="HistoryEntry", name="erased_by", field=fields.IntField(null=True)),
        ops.AddIndex(model_name="HistoryEntry", index=Index(fields=["concerns_id"])),
        ops.RunSQL(CONCERNED, CONCERNED_NO_MORE),
        ops.RunSQL(WATCH_USERS, WATCH_NO_USERS),
    ]
