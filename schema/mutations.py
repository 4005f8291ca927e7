"""Every change that can be asked for, one a line, with the permission that it needs."""

from models import Certificate, CertificateProfile
from resolvers import (
    activations,
    authenticators,
    batches,
    billing,
    certificates,
    consents,
    decisions,
    delegations,
    groups,
    imports,
    issuing,
    members,
    notifications,
    persons,
    power_requests,
    powers,
    profiles,
    requests,
    restoring,
    rights,
    roles,
    sending,
    settings,
    undoing,
    units,
    users,
    validations,
    viewers,
)
from schema.changes import mutation
from schema.nouns import root


@root
class Mutation:
    """Every change that can be asked for, with the permission that it needs."""

    # Who is asking
    set_language = mutation(viewers.set_language, allow="viewer:set_language", shown_as="Viewer")

    # Organisation
    add_production_unit = mutation(units.add_production_unit, allow="production_unit:add")
    remove_production_unit = mutation(units.remove_production_unit, allow="production_unit:remove")
    add_vat_unit = mutation(units.add_vat_unit, allow="vat_unit:add")
    remove_vat_unit = mutation(units.remove_vat_unit, allow="vat_unit:remove")
    assign_role = mutation(roles.assign, allow="role:assign")
    remove_role = mutation(roles.remove, allow="role:remove")

    # Users
    create_user = mutation(users.create, allow="user:create")
    update_user = mutation(users.update, allow="user:update")
    resend_activation = mutation(activations.resend_activation, allow="user:resend_activation")
    renew_temporary_code = mutation(
        activations.renew_temporary_code, allow="user:renew_temporary_code"
    )
    activate_user = mutation(activations.activate, allow="user:activate")
    deactivate_user = mutation(users.deactivate, allow="user:deactivate")
    reactivate_user = mutation(users.reactivate, allow="user:reactivate")
    delete_user = mutation(users.delete, allow="user:delete")
    reveal_cpr_number = mutation(
        persons.reveal_cpr_number, allow="user:reveal_cpr_number", alters=False
    )

    # Authenticators
    assign_authenticator = mutation(authenticators.assign, allow="authenticator:assign")
    withdraw_authenticator = mutation(authenticators.withdraw, allow="authenticator:withdraw")
    renew_authenticator_code = mutation(authenticators.renew_code, allow="authenticator:renew_code")
    give_consent = mutation(consents.give, allow="consent:give")
    withdraw_consent = mutation(consents.withdraw, allow="consent:withdraw")

    # Requests
    request_user = mutation(requests.request_user, allow="user_request:create")
    request_anonymity = mutation(requests.request_anonymity, allow="anonymity_request:create")
    request_right = mutation(requests.request_right, allow="right_request:create")
    request_role = mutation(requests.request_role, allow="role_request:create")
    decide_user_request = mutation(decisions.decide_user, allow="user_request:decide")
    decide_anonymity_request = mutation(
        decisions.decide_anonymity, allow="anonymity_request:decide"
    )
    decide_right_request = mutation(decisions.decide_right, allow="right_request:decide")
    decide_role_request = mutation(decisions.decide_role, allow="role_request:decide")
    decide_power_of_attorney_request = mutation(
        power_requests.decide, allow="power_of_attorney:decide"
    )
    withdraw_request = mutation(requests.withdraw, allow="request:withdraw")

    # Many users at once
    upload_user_file = mutation(imports.upload, allow="user_import:upload", keeps_dry_run=True)
    start_user_import = mutation(imports.start, allow="user_import:start")
    cancel_user_import = mutation(imports.cancel, allow="user_import:cancel")
    undo_user_import = mutation(undoing.undo, allow="user_import:undo")
    send_user_for_activation = mutation(
        sending.send_for_activation, allow="user:send_for_activation"
    )
    send_users_for_activation = mutation(
        batches.send_for_activation, allow="user:send_for_activation"
    )

    # Groups
    create_group = mutation(groups.create, allow="group:create")
    update_group = mutation(groups.update, allow="group:update")
    delete_group = mutation(groups.delete, allow="group:delete")
    add_group_members = mutation(members.add, allow="group:add_member")
    remove_group_members = mutation(members.remove, allow="group:remove_member")
    leave_group = mutation(members.leave, allow="group:leave")

    # Rights
    assign_right = mutation(rights.assign, allow="right:assign")
    remove_right = mutation(rights.remove, allow="right:remove")
    assign_group_right = mutation(rights.assign_to_group, allow="group:assign_right")
    remove_group_right = mutation(rights.remove_from_group, allow="group:remove_right")

    # Powers of attorney
    grant_power_of_attorney = mutation(powers.grant, allow="power_of_attorney:grant")
    grant_personal_power_of_attorney = mutation(
        powers.grant_to_person, allow="power_of_attorney:grant_to_person"
    )
    request_power_of_attorney = mutation(power_requests.ask, allow="power_of_attorney:request")
    revoke_power_of_attorney = mutation(powers.revoke, allow="power_of_attorney:revoke")
    add_power_of_attorney_users = mutation(powers.add_users, allow="power_of_attorney:add_user")
    remove_power_of_attorney_users = mutation(
        powers.remove_users, allow="power_of_attorney:remove_user"
    )
    create_delegation_group = mutation(delegations.create, allow="delegation_group:create")
    update_delegation_group = mutation(delegations.update, allow="delegation_group:update")
    delete_delegation_group = mutation(delegations.delete, allow="delegation_group:delete")
    add_delegation_group_users = mutation(delegations.add_users, allow="delegation_group:add_user")
    remove_delegation_group_users = mutation(
        delegations.remove_users, allow="delegation_group:remove_user"
    )

    # Certificates
    create_certificate_profile = mutation(profiles.create, allow="certificate_profile:create")
    update_certificate_profile = mutation(profiles.update, allow="certificate_profile:update")
    delete_certificate_profile = mutation(profiles.delete, allow="certificate_profile:delete")
    validate_certificate_email = mutation(
        validations.validate,
        allow="certificate:validate_email",
        finds=(Certificate, CertificateProfile),
    )
    order_certificate = mutation(certificates.order, allow="certificate:order")
    renew_one_time_code = mutation(certificates.renew_code, allow="certificate:renew_code")
    retrieve_certificate = mutation(
        issuing.retrieve, allow="certificate:retrieve", finds=(Certificate,)
    )
    cancel_certificate = mutation(certificates.cancel, allow="certificate:cancel")
    renew_certificate = mutation(issuing.renew, allow="certificate:renew")
    revoke_certificate = mutation(certificates.revoke, allow="certificate:revoke")

    # Billing
    update_billing = mutation(billing.update, allow="billing:update")
    add_ean = mutation(billing.add_ean, allow="ean:add")
    update_ean = mutation(billing.update_ean, allow="ean:update")
    remove_ean = mutation(billing.remove_ean, allow="ean:remove")

    # Settings
    update_user_settings = mutation(settings.update_users, allow="settings:update_users")
    update_authenticator_settings = mutation(
        settings.update_authenticators, allow="settings:update_authenticators"
    )
    update_certificate_settings = mutation(
        settings.update_certificates, allow="settings:update_certificates"
    )
    update_default_settings = mutation(settings.update_defaults, allow="settings:update_defaults")
    restore_settings = mutation(restoring.restore, allow="settings:restore")

    # Notifications
    mark_notifications_read = mutation(
        notifications.mark_read, allow="notification:mark_read", shown_as="Viewer"
    )
    update_notification_preferences = mutation(
        notifications.update_preferences, allow="notification:update_preferences"
    )
