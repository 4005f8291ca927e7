from tortoise import migrations
from tortoise.migrations import operations as ops

from models.history import LINK, LINK_NO_MORE


class Migration(migrations.Migration):
    dependencies = [("models", "0021_lists")]

    operations = [ops.RunSQL(LINK, LINK_NO_MORE)]
