from tortoise import migrations
from tortoise.migrations import operations as ops
from models.billing import ChargeKind
from models.history import EntityKind
from tortoise.fields.base import OnDelete
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0022_links')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChargeableTransaction',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='USER_ACTIVATION: USER_ACTIVATION\nCODE_DISPLAY: CODE_DISPLAY\nAUDIO_CODE_READER: AUDIO_CODE_READER\nCHIP: CHIP\nUSER_CERTIFICATE: USER_CERTIFICATE\nORGANISATION_CERTIFICATE: ORGANISATION_CERTIFICATE', enum_type=ChargeKind, max_length=30)),
                ('occurred_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('amount', fields.DecimalField(max_digits=10, decimal_places=2)),
                ('ean_number', fields.CharField(null=True, max_length=13)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='charges', on_delete=OnDelete.SET_NULL)),
                ('certificate', fields.ForeignKeyField('models.Certificate', source_field='certificate_id', null=True, db_constraint=True, to_field='id', related_name='charges', on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'chargeable_transaction', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'occurred_at', 'id']), Index(fields=['organisation_id', 'kind']), Index(fields=['user_id']), Index(fields=['certificate_id'])], 'pk_attr': 'id', 'table_description': 'A ChargeableTransaction is one thing that has cost something; it never changes.'},
            bases=['Record'],
        ),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nUSER_IMPORT: USER_IMPORT\nACTIVATION_BATCH: ACTIVATION_BATCH\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nRIGHT: RIGHT\nRIGHT_ASSIGNMENT: RIGHT_ASSIGNMENT\nPOWER_OF_ATTORNEY: POWER_OF_ATTORNEY\nDELEGATION_GROUP: DELEGATION_GROUP\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nCHARGEABLE_TRANSACTION: CHARGEABLE_TRANSACTION\nSETTINGS: SETTINGS\nNOTIFICATION: NOTIFICATION\nNOTIFICATION_PREFERENCES: NOTIFICATION_PREFERENCES', enum_type=EntityKind, max_length=30),
        ),
    ]
