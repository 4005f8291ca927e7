from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7

from models.billing import ChargeKind
from models.charges import KEEP_NO_SUMS, KEEP_SUMS


class Migration(migrations.Migration):
    dependencies = [("models", "0026_tries")]

    operations = [
        ops.CreateModel(
            name="ChargedSum",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("organisation", fields.ForeignKeyField("models.Organisation", source_field="organisation_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("from_on", fields.DateField()),
                ("kind", fields.CharEnumField(description="USER_ACTIVATION: USER_ACTIVATION\nCODE_DISPLAY: CODE_DISPLAY\nAUDIO_CODE_READER: AUDIO_CODE_READER\nCHIP: CHIP\nUSER_CERTIFICATE: USER_CERTIFICATE\nORGANISATION_CERTIFICATE: ORGANISATION_CERTIFICATE", enum_type=ChargeKind, max_length=30)),
                ("ean_number", fields.CharField(null=True, max_length=13)),
                ("quantity", fields.IntField()),
                ("amount", fields.DecimalField(max_digits=12, decimal_places=2)),
            ],
            options={"table": "charged_sum", "app": "models", "pk_attr": "id", "table_description": "A ChargedSum is what one kind has cost on one EAN number in a period; the database keeps it."},
            bases=["Record"],
        ),
        ops.RunSQL(KEEP_SUMS, KEEP_NO_SUMS),
    ]
