from tortoise import migrations
from tortoise.migrations import operations as ops

from models.groups import WATCH_ENDS, WATCH_NO_ENDS


class Migration(migrations.Migration):
    dependencies = [("models", "0014_role_requests")]

    operations = [ops.RunSQL(WATCH_ENDS, WATCH_NO_ENDS)]
