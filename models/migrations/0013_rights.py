from tortoise import migrations
from tortoise.migrations import operations as ops
from models.history import EntityKind
from models.requests import RequestKind
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0012_signals')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Right',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('code', fields.CharField(unique=True, max_length=100)),
                ('service', fields.CharField(max_length=100)),
                ('category', fields.CharField(max_length=100)),
                ('title', fields.CharField(max_length=200)),
                ('description', fields.CharField(max_length=1000)),
                ('is_internal', fields.BooleanField(default=False)),
                ('is_in_basic_package', fields.BooleanField(default=False)),
                ('permissions', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('is_retired', fields.BooleanField(default=False)),
                ('catalogue', fields.IntField()),
            ],
            options={'table': 'right', 'app': 'models', 'indexes': [Index(fields=['service', 'category', 'title', 'id'])], 'pk_attr': 'id', 'table_description': 'A Right is the permission for a task in some service.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='RightAssignment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('right', fields.ForeignKeyField('models.Right', source_field='right_id', db_constraint=True, to_field='id', related_name='assignments', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='right_assignments', on_delete=OnDelete.CASCADE)),
                ('group', fields.ForeignKeyField('models.Group', source_field='group_id', null=True, db_constraint=True, to_field='id', related_name='right_assignments', on_delete=OnDelete.CASCADE)),
                ('production_unit', fields.ForeignKeyField('models.ProductionUnit', source_field='production_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('vat_unit', fields.ForeignKeyField('models.VatUnit', source_field='vat_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('from_on', fields.DateField(null=True)),
                ('until_on', fields.DateField(null=True)),
                ('assigned_by', fields.ForeignKeyField('models.Actor', source_field='assigned_by_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'right_assignment', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id']), Index(fields=['organisation_id', 'right_id']), Index(fields=['user_id', 'right_id']), Index(fields=['group_id', 'right_id'])], 'pk_attr': 'id', 'table_description': 'A RightAssignment is a right given to a user or a group.'},
            bases=['Entity'],
        ),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nUSER_IMPORT: USER_IMPORT\nACTIVATION_BATCH: ACTIVATION_BATCH\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nRIGHT: RIGHT\nRIGHT_ASSIGNMENT: RIGHT_ASSIGNMENT\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS\nNOTIFICATION: NOTIFICATION\nNOTIFICATION_PREFERENCES: NOTIFICATION_PREFERENCES', enum_type=EntityKind, max_length=30),
        ),
        ops.AlterField(
            model_name='Request',
            name='kind',
            field=fields.CharEnumField(description='USER: USER\nANONYMITY: ANONYMITY\nRIGHT: RIGHT', enum_type=RequestKind, max_length=30),
        ),
        ops.AddField(
            model_name='Request',
            name='right',
            field=fields.ForeignKeyField('models.Right', source_field='right_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Request',
            name='production_unit',
            field=fields.ForeignKeyField('models.ProductionUnit', source_field='production_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Request',
            name='vat_unit',
            field=fields.ForeignKeyField('models.VatUnit', source_field='vat_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
    ]
