from tortoise import migrations
from tortoise.migrations import operations as ops

from models.user_tables import TELL_NO_STANDINGS, TELL_STANDINGS


class Migration(migrations.Migration):
    dependencies = [("models", "0002_beyond_tortoise")]

    operations = [ops.RunSQL(TELL_STANDINGS, TELL_NO_STANDINGS)]
