from tortoise import migrations
from tortoise.migrations import operations as ops
from models.history import EntityKind
from models.requests import RequestKind, RequestStatus
from models.users import Language
from tortoise.fields.base import OnDelete
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0004_authenticators')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Request',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('kind', fields.CharEnumField(description='USER: USER\nANONYMITY: ANONYMITY', enum_type=RequestKind, max_length=30)),
                ('status', fields.CharEnumField(default=RequestStatus.OPEN, description='OPEN: OPEN\nAPPROVED: APPROVED\nREJECTED: REJECTED\nWITHDRAWN: WITHDRAWN', enum_type=RequestStatus, max_length=20)),
                ('reason', fields.CharField(null=True, max_length=500)),
                ('name', fields.CharField(max_length=201)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='requests', on_delete=OnDelete.CASCADE)),
                ('asked_by', fields.ForeignKeyField('models.Actor', source_field='asked_by_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('decided_by', fields.ForeignKeyField('models.Actor', source_field='decided_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decision_reason', fields.CharField(null=True, max_length=500)),
                ('first_name', fields.CharField(null=True, max_length=100)),
                ('surname', fields.CharField(null=True, max_length=100)),
                ('email', fields.CharField(null=True, max_length=254)),
                ('phone_number', fields.CharField(null=True, max_length=8)),
                ('cpr_number', fields.CharField(null=True, max_length=11)),
                ('cpr_number_sealed', fields.BinaryField(null=True)),
                ('cpr_number_hash', fields.CharField(null=True, max_length=64)),
                ('language', fields.CharEnumField(null=True, description='DANISH: DANISH\nENGLISH: ENGLISH', enum_type=Language, max_length=20)),
            ],
            options={'table': 'request', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id']), Index(fields=['organisation_id', 'cpr_number_hash']), Index(fields=['user_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A Request is something that a person asks for and an administrator decides.'},
            bases=['Entity'],
        ),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS', enum_type=EntityKind, max_length=30),
        ),
    ]
