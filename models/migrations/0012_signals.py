from tortoise import migrations
from tortoise.migrations import operations as ops

from models.news import TELL, TELL_NOTHING, TELL_OF_IMPORTS


class Migration(migrations.Migration):
    dependencies = [("models", "0011_notifications")]

    operations = [ops.RunSQL([TELL, TELL_OF_IMPORTS], TELL_NOTHING)]
