from tortoise import migrations
from tortoise.migrations import operations as ops

from models.actors import ONE_OF_EACH, ONE_OF_EACH_NO_MORE
from models.groups import FORGET_SYSTEM_GROUPS, KEEP_SYSTEM_GROUPS
from models.user_tables import SORT_NO_USERS, SORT_USERS


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(ONE_OF_EACH, ONE_OF_EACH_NO_MORE),
        ops.RunSQL(KEEP_SYSTEM_GROUPS, FORGET_SYSTEM_GROUPS),
        ops.RunSQL(SORT_USERS, SORT_NO_USERS),
    ]
