from tortoise import migrations
from tortoise.migrations import operations as ops
from models.authenticators import ONE_OF_A_NAME, ONE_OF_A_NAME_NO_MORE, AuthenticatorKind, AuthenticatorStatus, DeviceKind
from models.history import EntityKind
from tortoise.fields.base import OnDelete
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0003_standings')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Authenticator',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='authenticators', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='PRIVATE_MITID: PRIVATE_MITID\nSEPARATE_MITID: SEPARATE_MITID\nSHARED_MITID: SHARED_MITID\nLOCAL: LOCAL', enum_type=AuthenticatorKind, max_length=20)),
                ('device', fields.CharEnumField(null=True, description='APP: APP\nCODE_DISPLAY: CODE_DISPLAY\nAUDIO_CODE_READER: AUDIO_CODE_READER\nCHIP: CHIP', enum_type=DeviceKind, max_length=20)),
                ('status', fields.CharEnumField(default=AuthenticatorStatus.ORDERED, description='ORDERED: ORDERED\nACTIVE: ACTIVE\nCONSENT_MISSING: CONSENT_MISSING\nWITHDRAWN: WITHDRAWN', enum_type=AuthenticatorStatus, max_length=20)),
                ('subject_name', fields.CharField(null=True, max_length=200)),
                ('issuer_cvr_number', fields.CharField(null=True, max_length=8)),
                ('credential_uuid', fields.UUIDField(null=True)),
                ('delivery_address', fields.CharField(null=True, max_length=200)),
                ('ordered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('activated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('code_hash', fields.CharField(null=True, max_length=64)),
                ('code_expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'authenticator', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id']), Index(fields=['user_id'])], 'pk_attr': 'id', 'table_description': 'An Authenticator is a means of signing in that a user has been given.'},
            bases=['Entity'],
        ),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS', enum_type=EntityKind, max_length=30),
        ),
        ops.RunSQL(ONE_OF_A_NAME, ONE_OF_A_NAME_NO_MORE),
    ]
