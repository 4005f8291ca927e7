from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.imports import FIND_GUESSES, FIND_NO_GUESSES, ImportStatus


class Migration(migrations.Migration):
    dependencies = [("models", "0008_user_waiting")]

    operations = [
        ops.AlterField(
            model_name="UserImport",
            name="status",
            field=fields.CharEnumField(
                default=ImportStatus.CHECKING, enum_type=ImportStatus, max_length=20
            ),
        ),
        ops.AlterField(
            model_name="UserImportPart", name="rows_sealed", field=fields.BinaryField(null=True)
        ),
        ops.AddField(
            model_name="UserImportPart",
            name="bad_rows_sealed",
            field=fields.BinaryField(null=True),
        ),
        ops.RunSQL(FIND_GUESSES, FIND_NO_GUESSES),
    ]
