from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.user_tables import WATCH_NO_USERS, WATCH_USERS

# What was told before anybody asked whom it concerns: of users, memberships and certificates.
CONCERNED = """
update history_entry e set concerns_id = case e.about_kind
    when 'USER' then e.about_id
    when 'GROUP_MEMBER' then (select m.user_id from group_member m where m.id = e.about_id)
    when 'CERTIFICATE' then (select c.user_id from certificate c where c.id = e.about_id) end
where e.about_kind in ('USER', 'GROUP_MEMBER', 'CERTIFICATE')
"""
CONCERNED_NO_MORE = "update history_entry set concerns_id = null"


class Migration(migrations.Migration):
    dependencies = [("models", "0005_requests")]

    operations = [
        ops.AddField(
            model_name="HistoryEntry", name="concerns_id", field=fields.UUIDField(null=True)
        ),
        ops.AddField(model_name="HistoryEntry", name="erased_by", field=fields.IntField(null=True)),
        ops.AddIndex(model_name="HistoryEntry", index=Index(fields=["concerns_id"])),
        ops.RunSQL(CONCERNED, CONCERNED_NO_MORE),
        ops.RunSQL(WATCH_USERS, WATCH_NO_USERS),
    ]
