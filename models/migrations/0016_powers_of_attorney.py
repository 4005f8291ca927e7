from tortoise import migrations
from tortoise.migrations import operations as ops
from models.history import EntityKind
from models.notifications import NotificationKind
from models.powers import PowerOfAttorneyStatus
from models.requests import RequestKind
from tortoise.fields.base import OnDelete
from uuid_utils.compat import uuid7
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0015_external_members')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DelegationGroup',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(max_length=200)),
            ],
            options={'table': 'delegation_group', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A DelegationGroup bundles received powers of attorney for the same users.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='DelegationGroupUser',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('delegation_group', fields.ForeignKeyField('models.DelegationGroup', source_field='delegation_group_id', db_constraint=True, to_field='id', related_name='users', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='delegations', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'delegation_group_user', 'app': 'models', 'unique_together': (('delegation_group', 'user'),), 'indexes': [Index(fields=['user_id'])], 'pk_attr': 'id', 'table_description': 'A user who may use all that a delegation group bundles.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='PowerOfAttorney',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(max_length=200)),
                ('status', fields.CharEnumField(default=PowerOfAttorneyStatus.ACTIVE, description='REQUESTED: REQUESTED\nREJECTED: REJECTED\nACTIVE: ACTIVE\nEXPIRED: EXPIRED\nREVOKED: REVOKED', enum_type=PowerOfAttorneyStatus, max_length=20)),
                ('grantee_cvr_number', fields.CharField(max_length=8)),
                ('grantee', fields.ForeignKeyField('models.Organisation', source_field='grantee_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('grantee_user', fields.ForeignKeyField('models.User', source_field='grantee_user_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('grantee_uuid', fields.UUIDField(null=True)),
                ('production_unit', fields.ForeignKeyField('models.ProductionUnit', source_field='production_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('vat_unit', fields.ForeignKeyField('models.VatUnit', source_field='vat_unit_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('from_on', fields.DateField(null=True)),
                ('until_on', fields.DateField(null=True)),
                ('ended_by', fields.ForeignKeyField('models.Actor', source_field='ended_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'power_of_attorney', 'app': 'models', 'indexes': [Index(fields=['organisation_id', 'id']), Index(fields=['grantee_id', 'id']), Index(fields=['grantee_user_id']), Index(fields=['status', 'until_on'])], 'pk_attr': 'id', 'table_description': 'The right of another organisation, or a person there, to act digitally for this one.'},
            bases=['Entity'],
        ),
        ops.CreateModel(
            name='DelegationGroupPower',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('delegation_group', fields.ForeignKeyField('models.DelegationGroup', source_field='delegation_group_id', db_constraint=True, to_field='id', related_name='powers', on_delete=OnDelete.CASCADE)),
                ('power_of_attorney', fields.ForeignKeyField('models.PowerOfAttorney', source_field='power_of_attorney_id', db_constraint=True, to_field='id', related_name='bundled', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'delegation_group_power', 'app': 'models', 'unique_together': (('delegation_group', 'power_of_attorney'),), 'indexes': [Index(fields=['power_of_attorney_id'])], 'pk_attr': 'id', 'table_description': 'A received power of attorney in a delegation group.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='PowerOfAttorneyRight',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('power_of_attorney', fields.ForeignKeyField('models.PowerOfAttorney', source_field='power_of_attorney_id', db_constraint=True, to_field='id', related_name='rights', on_delete=OnDelete.CASCADE)),
                ('right', fields.ForeignKeyField('models.Right', source_field='right_id', db_constraint=True, to_field='id', related_name='powers', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'power_of_attorney_right', 'app': 'models', 'unique_together': (('power_of_attorney', 'right'),), 'indexes': [Index(fields=['right_id'])], 'pk_attr': 'id', 'table_description': 'A right that a power of attorney gives.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='PowerOfAttorneyUser',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('organisation', fields.ForeignKeyField('models.Organisation', source_field='organisation_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('power_of_attorney', fields.ForeignKeyField('models.PowerOfAttorney', source_field='power_of_attorney_id', db_constraint=True, to_field='id', related_name='users', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'power_of_attorney_user', 'app': 'models', 'unique_together': (('power_of_attorney', 'user'),), 'indexes': [Index(fields=['user_id'])], 'pk_attr': 'id', 'table_description': 'A user of the grantee who may use a power of attorney.'},
            bases=['Record'],
        ),
        ops.AlterField(
            model_name='HistoryEntry',
            name='about_kind',
            field=fields.CharEnumField(description='ORGANISATION: ORGANISATION\nPRODUCTION_UNIT: PRODUCTION_UNIT\nVAT_UNIT: VAT_UNIT\nEAN: EAN\nUSER: USER\nAUTHENTICATOR: AUTHENTICATOR\nREQUEST: REQUEST\nUSER_IMPORT: USER_IMPORT\nACTIVATION_BATCH: ACTIVATION_BATCH\nGROUP: GROUP\nGROUP_MEMBER: GROUP_MEMBER\nRIGHT: RIGHT\nRIGHT_ASSIGNMENT: RIGHT_ASSIGNMENT\nPOWER_OF_ATTORNEY: POWER_OF_ATTORNEY\nDELEGATION_GROUP: DELEGATION_GROUP\nCERTIFICATE_PROFILE: CERTIFICATE_PROFILE\nCERTIFICATE: CERTIFICATE\nBILLING: BILLING\nSETTINGS: SETTINGS\nNOTIFICATION: NOTIFICATION\nNOTIFICATION_PREFERENCES: NOTIFICATION_PREFERENCES', enum_type=EntityKind, max_length=30),
        ),
        ops.AlterField(
            model_name='Notification',
            name='kind',
            field=fields.CharEnumField(description='ACTIVATION: ACTIVATION\nROLE_CHANGED: ROLE_CHANGED\nUSER_REQUESTED: USER_REQUESTED\nANONYMITY_REQUESTED: ANONYMITY_REQUESTED\nRIGHT_REQUESTED: RIGHT_REQUESTED\nROLE_REQUESTED: ROLE_REQUESTED\nREQUEST_DECIDED: REQUEST_DECIDED\nRIGHT_CHANGED: RIGHT_CHANGED\nMEMBERSHIP_CHANGED: MEMBERSHIP_CHANGED\nAUTHENTICATOR_CHANGED: AUTHENTICATOR_CHANGED\nIMPORT_FINISHED: IMPORT_FINISHED\nGROUP_CREATED: GROUP_CREATED\nCERTIFICATE_ORDERED: CERTIFICATE_ORDERED\nCERTIFICATE_REVOKED: CERTIFICATE_REVOKED\nPOWER_OF_ATTORNEY_REQUESTED: POWER_OF_ATTORNEY_REQUESTED\nPOWER_OF_ATTORNEY_GRANTED: POWER_OF_ATTORNEY_GRANTED\nPOWER_OF_ATTORNEY_ENDED: POWER_OF_ATTORNEY_ENDED\nBILLING_CHANGED: BILLING_CHANGED', enum_type=NotificationKind, max_length=30),
        ),
        ops.AlterField(
            model_name='Request',
            name='kind',
            field=fields.CharEnumField(description='USER: USER\nANONYMITY: ANONYMITY\nRIGHT: RIGHT\nROLE: ROLE\nPOWER_OF_ATTORNEY: POWER_OF_ATTORNEY', enum_type=RequestKind, max_length=30),
        ),
        ops.AddField(
            model_name='Request',
            name='from_organisation',
            field=fields.ForeignKeyField('models.Organisation', source_field='from_organisation_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Request',
            name='power_of_attorney',
            field=fields.ForeignKeyField('models.PowerOfAttorney', source_field='power_of_attorney_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddIndex(
            model_name='Request',
            index=Index(fields=['from_organisation_id', 'id']),
        ),
        ops.AddIndex(
            model_name='Request',
            index=Index(fields=['power_of_attorney_id']),
        ),
    ]
