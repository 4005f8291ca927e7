from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7


class Migration(migrations.Migration):
    dependencies = [("models", "0009_import_undo")]

    operations = [
        ops.AddField(
            model_name="ActivationBatch",
            name="includes_born",
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name="ActivationBatch",
            name="sent_by",
            field=fields.ForeignKeyField('models.Actor', source_field='sent_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name="ActivationBatch", name="request_uuid", field=fields.UUIDField(null=True)
        ),
        ops.CreateModel(
            name="BatchPart",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
                ),
                ("batch", fields.ForeignKeyField('models.ActivationBatch', source_field='batch_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ("user_ids", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("stumble_count", fields.IntField(default=0)),
            ],
            options={
                "table": "batch_part",
                "app": "models",
                "indexes": [
                    Index(fields=["batch_id"]),
                    Index(fields=["organisation_id"]),
                    Index(fields=["stumble_count", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "Some users of a batch who are still to be sent.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="BatchCodes",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
                ),
                ("batch", fields.ForeignKeyField('models.ActivationBatch', source_field='batch_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ("codes_sealed", fields.BinaryField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "batch_codes",
                "app": "models",
                "indexes": [Index(fields=["batch_id"]), Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "Temporary codes of some users of a batch, sealed, until they"
                " are downloaded or run out.",
            },
            bases=["Record"],
        ),
    ]
