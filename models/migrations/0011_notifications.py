from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from uuid_utils.compat import uuid7

from models.activations import WATCH_NO_WAYS_IN, WATCH_WAYS_IN
from models.history import EntityKind
from models.notifications import (
    GIVE_NO_PREFERENCES,
    GIVE_PREFERENCES,
    WATCH_NO_NOTIFICATIONS,
    WATCH_NOTIFICATIONS,
    NotificationKind,
)

class Migration(migrations.Migration):
    dependencies = [('models', '0010_batch_codes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Notification',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='notifications', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='ACTIVATION: ACTIVATION\nROLE_CHANGED: ROLE_CHANGED\nUSER_REQUESTED: USER_REQUESTED\nANONYMITY_REQUESTED: ANONYMITY_REQUESTED\nREQUEST_DECIDED: REQUEST_DECIDED\nMEMBERSHIP_CHANGED: MEMBERSHIP_CHANGED\nAUTHENTICATOR_CHANGED: AUTHENTICATOR_CHANGED\nIMPORT_FINISHED: IMPORT_FINISHED\nGROUP_CREATED: GROUP_CREATED\nCERTIFICATE_ORDERED: CERTIFICATE_ORDERED\nCERTIFICATE_REVOKED: CERTIFICATE_REVOKED\nBILLING_CHANGED: BILLING_CHANGED', enum_type=NotificationKind, max_length=30)),
                ('event', fields.CharField(max_length=60)),
                ('values', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('about_id', fields.UUIDField(null=True)),
                ('read_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notification', 'app': 'models', 'indexes': [Index(fields=['user_id', 'id']), Index(fields=['about_id'])], 'pk_attr': 'id', 'table_description': 'A Notification tells one person of an event. Its words are made when it is read.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='GatheredEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('event', fields.CharField(max_length=60)),
                ('values', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('about_id', fields.UUIDField(null=True)),
                ('gathered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'gathered_event', 'app': 'models', 'indexes': [Index(fields=['gathered_at']), Index(fields=['user_id', 'id'])], 'pk_attr': 'id', 'table_description': 'An event that waits to be told by e-mail with others, in one letter a day.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='NotificationPreferences',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', unique=True, db_constraint=True, to_field='id', related_name='notification_preferences', on_delete=OnDelete.CASCADE)),
                ('is_daily_digest', fields.BooleanField(default=False)),
                ('chosen_channels', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'notification_preferences', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The NotificationPreferences of a person say how to be told of events.'},
            bases=['Entity'],
        ),
        ops.AddField(
            model_name='Activation',
            name='has_run_out',
            field=fields.BooleanField(default=False),
        ),
        ops.RunSQL(WATCH_WAYS_IN, WATCH_NO_WAYS_IN),
        ops.RunSQL(WATCH_NOTIFICATIONS, WATCH_NO_NOTIFICATIONS),
        ops.RunSQL(GIVE_PREFERENCES, GIVE_NO_PREFERENCES),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nUSER_IMPORT: USER_IMPORT\nACTIVATION_BATCH: ACTIVATION_BATCH\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS\nNOTIFICATION: NOTIFICATION\nNOTIFICATION_PREFERENCES: NOTIFICATION_PREFERENCES', enum_type=EntityKind, max_length=30),
        ),
    ]
