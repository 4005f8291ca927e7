from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.certificates import FIND_AMONG_MANY, FIND_NO_MORE


class Migration(migrations.Migration):
    dependencies = [("models", "0024_machines")]

    operations = [
        ops.AddField(
            model_name="Certificate", name="noticed_days", field=fields.IntField(null=True)
        ),
        ops.AddIndex(model_name="Certificate", index=Index(fields=["organisation_id", "uuid"])),
        ops.RunSQL(FIND_AMONG_MANY, FIND_NO_MORE),
    ]
