from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0007_imports")]

    operations = [
        ops.AddField(
            model_name="User", name="awaiting_since", field=fields.DatetimeField(null=True)
        ),
    ]
