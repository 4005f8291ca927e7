from tortoise import migrations
from tortoise.migrations import operations as ops
from models.groups import KEEPER
from models.history import EntityKind
from models.imports import PLAN_AHEAD, PLAN_AHEAD_NO_MORE, ImportPolicy, ImportStatus
from models.settings import AuthenticatorKind
from models.user_files import ImportAction
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0006_user_life')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ActivationBatch',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('authenticator_kind', fields.CharEnumField(description='PRIVATE_MITID: PRIVATE_MITID\nSEPARATE_MITID: SEPARATE_MITID\nSHARED_MITID: SHARED_MITID\nLOCAL: LOCAL', enum_type=AuthenticatorKind, max_length=20)),
                ('devices', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('authenticators_each', fields.IntField(default=1)),
                ('sent_count', fields.IntField(default=0)),
                ('left_out_count', fields.IntField(default=0)),
            ],
            options={'table': 'activation_batch', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A number of users sent for activation together.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='LeftOut',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('batch', fields.ForeignKeyField('models.ActivationBatch', source_field='batch_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='left_out_of', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'left_out', 'app': 'models', 'unique_together': (('batch', 'user'),), 'indexes': [Index(fields=['user_id'])], 'pk_attr': 'id', 'table_description': 'A user whom a batch left out for want of a CPR number.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='UserImport',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('status', fields.CharEnumField(default=ImportStatus.CHECKING, description='CHECKING: CHECKING\nREADY: READY\nRUNNING: RUNNING\nDONE: DONE\nFAILED: FAILED\nCANCELLED: CANCELLED', enum_type=ImportStatus, max_length=20)),
                ('file_name', fields.CharField(max_length=200)),
                ('file_hash', fields.CharField(max_length=64)),
                ('policy', fields.CharEnumField(description='REJECT_FILE: REJECT_FILE\nSKIP_BAD_ROWS: SKIP_BAD_ROWS', enum_type=ImportPolicy, max_length=20)),
                ('is_dry_run', fields.BooleanField(default=False)),
                ('starts_when_ready', fields.BooleanField(default=False)),
                ('confirmed_removals', fields.IntField(null=True)),
                ('uploaded_by', fields.ForeignKeyField('models.Actor', source_field='uploaded_by_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('started_by', fields.ForeignKeyField('models.Actor', source_field='started_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('request_uuid', fields.UUIDField()),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('failure_code', fields.CharField(null=True, max_length=60)),
                ('stumble_count', fields.IntField(default=0)),
                ('row_count', fields.IntField()),
                ('checked_count', fields.IntField(default=0)),
                ('create_count', fields.IntField(default=0)),
                ('update_count', fields.IntField(default=0)),
                ('delete_count', fields.IntField(default=0)),
                ('bad_count', fields.IntField(default=0)),
                ('done_count', fields.IntField(default=0)),
                ('done_through', fields.IntField(default=0)),
                ('removal_count', fields.IntField(default=0)),
                ('active_count', fields.IntField(default=0)),
            ],
            options={'table': 'user_import', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id']), Index(fields=['organisation_id', 'file_hash']), Index(fields=['status'])], 'pk_attr': 'id', 'table_description': 'A file of users on its way: checked, run, and told of in a receipt.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='UserImportPart',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('user_import', fields.ForeignKeyField('models.UserImport', source_field='user_import_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('number', fields.IntField()),
                ('rows_sealed', fields.BinaryField()),
                ('is_checked', fields.BooleanField(default=False)),
                ('is_run', fields.BooleanField(default=False)),
            ],
            options={'table': 'user_import_part', 'app': 'models', 'unique_together': (('user_import', 'number'),), 'pk_attr': 'id', 'table_description': 'Some rows of a file, sealed, since they hold CPR numbers; gone when the import has ended.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='UserImportRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('user_import', fields.ForeignKeyField('models.UserImport', source_field='user_import_id', db_constraint=True, to_field='id', related_name='rows', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=False, to_field='id', related_name='import_rows', on_delete=OnDelete.NO_ACTION)),
                ('line', fields.IntField()),
                ('action', fields.CharEnumField(description='CREATE: CREATE\nUPDATE: UPDATE\nDELETE: DELETE', enum_type=ImportAction, max_length=10)),
                ('changes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('identity_hash', fields.CharField(max_length=64)),
            ],
            options={'table': 'user_import_row', 'app': 'models', 'unique_together': (('user_import', 'line'),), 'indexes': [Index(fields=['user_import_id', 'identity_hash']), Index(fields=['user_id'])], 'pk_attr': 'id', 'table_description': 'A good row of a file and what it does; a new user has its id before it is created.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='UserImportRowError',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('user_import', fields.ForeignKeyField('models.UserImport', source_field='user_import_id', db_constraint=True, to_field='id', related_name='row_errors', on_delete=OnDelete.CASCADE)),
                ('line', fields.IntField()),
                ('column', fields.CharField(null=True, max_length=40)),
                ('code', fields.CharField(max_length=60)),
                ('constraint', fields.CharField(null=True, max_length=60)),
                ('values', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('suggestion', fields.CharField(null=True, max_length=254)),
            ],
            options={'table': 'user_import_row_error', 'app': 'models', 'indexes': [Index(fields=['user_import_id', 'line', 'id'])], 'pk_attr': 'id', 'table_description': 'One thing wrong in one row of a file.'},
            bases=['Record'],
        ),
        ops.RunSQL(PLAN_AHEAD, PLAN_AHEAD_NO_MORE),
        ops.RunSQL(KEEPER, KEEPER),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nUSER_IMPORT: USER_IMPORT\nACTIVATION_BATCH: ACTIVATION_BATCH\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS', enum_type=EntityKind, max_length=30),
        ),
        ops.AddField(
            model_name='User',
            name='activation_batch',
            field=fields.ForeignKeyField('models.ActivationBatch', source_field='activation_batch_id', null=True, db_constraint=True, to_field='id', related_name='users', on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='User',
            name='imported_from_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='User',
            name='imported_login',
            field=fields.CharEnumField(null=True, description='PRIVATE_MITID: PRIVATE_MITID\nSEPARATE_MITID: SEPARATE_MITID\nSHARED_MITID: SHARED_MITID\nLOCAL: LOCAL', enum_type=AuthenticatorKind, max_length=20),
        ),
        ops.AddIndex(
            model_name='User',
            index=Index(fields=['imported_from_id']),
        ),
        ops.AddIndex(
            model_name='User',
            index=Index(fields=['activation_batch_id']),
        ),
    ]
