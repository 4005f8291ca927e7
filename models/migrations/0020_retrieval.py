from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7

from models.certificates import (
    ONE_OF_A_REFERENCE,
    ONE_OF_A_REFERENCE_NO_MORE,
    SETTLE_NO_MORE,
    SETTLE_WITH_USERS,
)


class Migration(migrations.Migration):
    dependencies = [("models", "0019_authority")]

    operations = [
        *(
            ops.AddField(
                model_name="Certificate", name=name, field=fields.TextField(null=True)
            )
            for name in ("pem", "chain_pem")
        ),
        ops.AddField(
            model_name="Certificate",
            name="renewed_by",
            field=fields.ForeignKeyField(
                "models.Certificate",
                source_field="renewed_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddField(
            model_name="Certificate", name="settle_at", field=fields.DatetimeField(null=True)
        ),
        ops.AddIndex(model_name="Certificate", index=Index(fields=["renewed_by_id"])),
        ops.CreateModel(
            name="EmailValidation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("organisation", fields.ForeignKeyField("models.Organisation", source_field="organisation_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("email", fields.CharField(max_length=254)),
                ("link_hash", fields.CharField(unique=True, max_length=64)),
                ("link_expires_at", fields.DatetimeField()),
                ("profile", fields.ForeignKeyField("models.CertificateProfile", source_field="profile_id", null=True, db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("certificate", fields.ForeignKeyField("models.Certificate", source_field="certificate_id", null=True, db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
            ],
            options={"table": "email_validation", "app": "models", "indexes": [Index(fields=["profile_id"]), Index(fields=["certificate_id"])], "pk_attr": "id", "table_description": "A link that was sent to an address, to stand in the certificates of a profile or in one."},
            bases=["Record"],
        ),
        ops.RunSQL(ONE_OF_A_REFERENCE, ONE_OF_A_REFERENCE_NO_MORE),
        ops.RunSQL(SETTLE_WITH_USERS, SETTLE_NO_MORE),
    ]
