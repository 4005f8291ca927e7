from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0017_changes")]

    operations = [
        ops.AddField(
            model_name="HistoryEntry",
            name="acting_under",
            field=fields.ForeignKeyField(
                "models.PowerOfAttorney",
                source_field="acting_under_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Actor",
            name="name",
            field=fields.CharField(max_length=450),
        ),
    ]
