from tortoise import migrations
from tortoise.migrations import operations as ops
from models.notifications import NotificationKind
from models.organisations import Role
from models.requests import RequestKind
from models.user_tables import WATCH_NO_ROLES, WATCH_ROLES
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [("models", "0013_rights")]

    initial = False

    operations = [
        ops.AlterField(
            model_name='Notification',
            name='kind',
            field=fields.CharEnumField(description='ACTIVATION: ACTIVATION\nROLE_CHANGED: ROLE_CHANGED\nUSER_REQUESTED: USER_REQUESTED\nANONYMITY_REQUESTED: ANONYMITY_REQUESTED\nRIGHT_REQUESTED: RIGHT_REQUESTED\nROLE_REQUESTED: ROLE_REQUESTED\nREQUEST_DECIDED: REQUEST_DECIDED\nRIGHT_CHANGED: RIGHT_CHANGED\nMEMBERSHIP_CHANGED: MEMBERSHIP_CHANGED\nAUTHENTICATOR_CHANGED: AUTHENTICATOR_CHANGED\nIMPORT_FINISHED: IMPORT_FINISHED\nGROUP_CREATED: GROUP_CREATED\nCERTIFICATE_ORDERED: CERTIFICATE_ORDERED\nCERTIFICATE_REVOKED: CERTIFICATE_REVOKED\nBILLING_CHANGED: BILLING_CHANGED', enum_type=NotificationKind, max_length=30),
        ),
        ops.AlterField(
            model_name='Request',
            name='kind',
            field=fields.CharEnumField(description='USER: USER\nANONYMITY: ANONYMITY\nRIGHT: RIGHT\nROLE: ROLE', enum_type=RequestKind, max_length=30),
        ),
        ops.AddField(
            model_name='Request',
            name='role',
            field=fields.CharEnumField(null=True, description='ORGANISATION_ADMINISTRATOR: ORGANISATION_ADMINISTRATOR\nUSER_ADMINISTRATOR: USER_ADMINISTRATOR\nRIGHTS_ADMINISTRATOR: RIGHTS_ADMINISTRATOR\nUSER: USER', enum_type=Role, max_length=40),
        ),
        ops.RunSQL(WATCH_ROLES, WATCH_NO_ROLES),
    ]
