from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7

from models.machines import TELL_MACHINES, TELL_NO_MACHINES


class Migration(migrations.Migration):
    dependencies = [("models", "0023_charges")]

    operations = [
        ops.AddField(
            model_name="Actor",
            name="certificate",
            field=fields.ForeignKeyField(
                "models.Certificate",
                source_field="certificate_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddIndex(model_name="Actor", index=Index(fields=["certificate_id"])),
        ops.AddIndex(model_name="Certificate", index=Index(fields=["fingerprint"])),
        ops.CreateModel(
            name="SpentAssertion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("organisation", fields.ForeignKeyField("models.Organisation", source_field="organisation_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("certificate", fields.ForeignKeyField("models.Certificate", source_field="certificate_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("jti_hash", fields.CharField(max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "spent_assertion", "app": "models", "unique_together": (("certificate", "jti_hash"),), "indexes": [Index(fields=["expires_at"])], "pk_attr": "id", "table_description": "What a machine has signed in by; it is known until it would be too old anyway."},
            bases=["Record"],
        ),
        ops.RunSQL(TELL_MACHINES, TELL_NO_MACHINES),
    ]
