from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7

from models.issued import NUMBER_LISTS, NUMBER_NO_LISTS


class Migration(migrations.Migration):
    dependencies = [("models", "0018_acting")]

    operations = [
        ops.CreateModel(
            name="IssuedCertificate",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("organisation", fields.ForeignKeyField("models.Organisation", source_field="organisation_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("order_id", fields.UUIDField()),
                ("key_hash", fields.CharField(max_length=64)),
                ("issuer", fields.CharField(max_length=16)),
                ("serial_number", fields.CharField(max_length=40, unique=True)),
                ("content", fields.BinaryField()),
                ("not_after", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(null=True, max_length=30)),
            ],
            options={"table": "issued_certificate", "app": "models", "unique_together": (("order_id", "key_hash"),), "indexes": [Index(fields=["key_hash"]), Index(fields=["issuer", "revoked_at"]), Index(fields=["organisation_id", "id"])], "pk_attr": "id", "table_description": "An X.509 certificate with its standing, which the authority alone writes."},
            bases=["Record"],
        ),
        ops.RunSQL(NUMBER_LISTS, NUMBER_NO_LISTS),
    ]
