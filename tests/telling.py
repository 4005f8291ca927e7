"""What stories of notifications send."""

MINE = """
query ($filter: NotificationFilter, $first: Int, $after: String) {
  notifications(filter: $filter, first: $first, after: $after) {
    totalCount
    nodes { id kind title text isRead readAt version about { __typename id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
UNREAD = "{ viewer { unreadNotificationCount } }"
READ = """
mutation ($input: MarkNotificationsReadInput!, $dryRun: Boolean) {
  markNotificationsRead(input: $input, dryRun: $dryRun) {
    viewer { unreadNotificationCount } errors { code path }
  }
}
"""
PREFERENCES = """
{
  viewer {
    notificationPreferences { id version isDailyDigest kinds { kind channels canBeSilenced } }
  }
}
"""
CHOOSE = """
mutation ($input: UpdateNotificationPreferencesInput!) {
  updateNotificationPreferences(input: $input) {
    preferences { version isDailyDigest kinds { kind channels canBeSilenced } }
    errors { code path message ... on Conflict { currentVersion } }
  }
}
"""
ASSIGN = """
mutation ($user: ID!, $dryRun: Boolean) {
  assignRole(input: {userId: $user, role: USER_ADMINISTRATOR}, dryRun: $dryRun) {
    errors { code }
  }
}
"""
CREATE_GROUP = """
mutation ($name: String!, $dryRun: Boolean) {
  createGroup(input: {name: $name}, dryRun: $dryRun) { group { id } errors { code } }
}
"""
DELETE_GROUP = """
mutation ($id: ID!) { deleteGroup(input: {groupId: $id}) { errors { code } } }
"""
ADD = """
mutation ($group: ID!, $users: [MemberRef!]!, $until: Date) {
  addGroupMembers(input: {groupId: $group, members: $users, until: $until}) {
    results { problem { code } } errors { code }
  }
}
"""
REMOVE = """
mutation ($group: ID!, $members: [ID!]!) {
  removeGroupMembers(input: {groupId: $group, memberIds: $members}) { errors { code } }
}
"""
BILL = """
mutation {
  updateBilling(input: {method: {digitalPost: {reference: "A-17"}}}) { errors { code } }
}
"""
ORDER = """
mutation ($input: OrderCertificateInput!) {
  orderCertificate(input: $input) {
    certificate { id retrieval { letter { to } } } errors { code }
  }
}
"""
REVOKE = """
mutation ($id: ID!) {
  revokeCertificate(input: {certificateId: $id, reason: SUPERSEDED}) { errors { code } }
}
"""
