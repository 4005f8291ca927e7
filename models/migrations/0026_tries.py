from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7


class Migration(migrations.Migration):
    dependencies = [("models", "0025_inventory")]

    operations = [
        ops.CreateModel(
            name="SignInTries",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("organisation", fields.ForeignKeyField("models.Organisation", source_field="organisation_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("certificate", fields.ForeignKeyField("models.Certificate", source_field="certificate_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("is_proved", fields.BooleanField()),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("count", fields.IntField()),
            ],
            options={"table": "sign_in_tries", "app": "models", "unique_together": (("certificate", "is_proved"),), "indexes": [Index(fields=["since"])], "pk_attr": "id", "table_description": "How often it was tried of late to sign in with a certificate, by its key or without it."},
            bases=["Record"],
        ),
    ]
