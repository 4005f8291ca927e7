from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0020_retrieval")]

    operations = [
        ops.RemoveIndex(model_name="PowerOfAttorneyRight", fields=["right_id"]),
        ops.AddIndex(
            model_name="PowerOfAttorneyRight",
            index=Index(fields=["right_id", "power_of_attorney_id"]),
        ),
    ]
