from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0027_sums")]

    operations = [
        ops.AddField(
            model_name="HistoryEntry",
            name="user_import_id",
            field=fields.UUIDField(null=True),
        ),
    ]
