from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.certificates import FIND_NO_MORE, FIND_WHAT_EXPIRES


class Migration(migrations.Migration):
    dependencies = [("models", "0023_charges")]

    operations = [
        ops.AddField(
            model_name="Certificate", name="noticed_days", field=fields.IntField(null=True)
        ),
        ops.RunSQL(FIND_WHAT_EXPIRES, FIND_NO_MORE),
    ]
