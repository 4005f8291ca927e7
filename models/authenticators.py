"""The means of signing in that users are given, and the rules of their life."""

from collections.abc import Hashable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from models import messages
from models.base import Entity
from models.refusals import Conflict, NotFound


class AuthenticatorKind(StrEnum):
    """AuthenticatorKind lists the kinds of authenticator.

    PRIVATE_MITID: The person's own MitID, which needs the person's consent.
    SEPARATE_MITID: A MitID for work only.
    SHARED_MITID: A separate MitID issued by another organisation.
    LOCAL: A sign-in at the organisation's own identity provider.
    """

    PRIVATE_MITID = "PRIVATE_MITID"
    SEPARATE_MITID = "SEPARATE_MITID"
    SHARED_MITID = "SHARED_MITID"
    LOCAL = "LOCAL"


class DeviceKind(StrEnum):
    """DeviceKind lists the devices of a separate MitID.

    APP: The MitID app.
    CODE_DISPLAY: A code display.
    AUDIO_CODE_READER: An audio code reader.
    CHIP: A chip.
    """

    APP = "APP"
    CODE_DISPLAY = "CODE_DISPLAY"
    AUDIO_CODE_READER = "AUDIO_CODE_READER"
    CHIP = "CHIP"


class AuthenticatorStatus(StrEnum):
    """AuthenticatorStatus tells how far an authenticator has come.

    ORDERED: Ordered or assigned, not yet used.
    ACTIVE: In use.
    CONSENT_MISSING: Private MitID to which the person has not agreed.
    WITHDRAWN: Withdrawn.
    """

    ORDERED = "ORDERED"
    ACTIVE = "ACTIVE"
    CONSENT_MISSING = "CONSENT_MISSING"
    WITHDRAWN = "WITHDRAWN"


PRIVATE, SEPARATE, SHARED, LOCAL = AuthenticatorKind
ORDERED, ACTIVE, CONSENT_MISSING, WITHDRAWN = AuthenticatorStatus
IN_USE = "{status} <> 'WITHDRAWN'"  # of an authenticator that has not been taken away


class Authenticator(Entity):
    """An Authenticator is a means of signing in that a user has been given."""

    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="authenticators", on_delete=fields.CASCADE
    )
    user_id: UUID
    kind = fields.CharEnumField(AuthenticatorKind, max_length=20)
    device: Any = fields.CharEnumField(DeviceKind, max_length=20, null=True)
    status = fields.CharEnumField(AuthenticatorStatus, max_length=20, default=ORDERED)
    subject_name = fields.CharField(200, null=True)
    issuer_cvr_number = fields.CharField(8, null=True)
    credential_uuid = fields.UUIDField(null=True)
    delivery_address = fields.CharField(200, null=True)
    ordered_at = fields.DatetimeField()
    activated_at = fields.DatetimeField(null=True)
    code_hash = fields.CharField(64, null=True)
    code_expires_at = fields.DatetimeField(null=True)

    noun = "authenticator"
    ended = Q(status=WITHDRAWN)
    owner = "user_id"
    expressions = {
        "issuer_name": "select name from organisation where cvr_number = {issuer_cvr_number}"
    }

    class Meta:
        table = "authenticator"
        indexes = (("organisation_id", "id"), ("user_id",))

    @property
    def word(self) -> str:
        """The name of its kind in the catalogue; separate ones differ by their device."""
        return str(self.device or self.kind)

    @property
    def known_as(self) -> str:
        return messages.authenticator(self.word, "en")

    @property
    def identity(self) -> Hashable:
        """What one has twice, if one is given the same again."""
        issued = (self.issuer_cvr_number, self.credential_uuid)
        return (self.kind, self.device, *issued, (self.subject_name or "").upper())

    @property
    def is_physical(self) -> bool:
        """Whether it is a thing that is sent by post, and costs."""
        return self.device not in (None, DeviceKind.APP)

    def must_be(self, kind: AuthenticatorKind) -> None:
        """Refuses one of another kind as if it were none, and one that has been withdrawn."""
        if self.kind is not kind:
            raise NotFound(path=("authenticatorId",))
        self.must_be_in_use()

    def must_be_in_use(self) -> None:
        """Refuses to do anything more to what has been withdrawn."""
        if self.status is WITHDRAWN:
            raise Conflict("NOTHING_TO_CHANGE", path=("authenticatorId",), current=self)

    def activate(self, at: datetime) -> None:
        """Comes into use; the code that let its user in works only once."""
        self.status, self.activated_at = ACTIVE, self.activated_at or at
        self.void_code()

    def agree(self, at: datetime) -> None:
        """Takes the person's consent to use private MitID."""
        self.must_be(PRIVATE)
        if self.status is not CONSENT_MISSING:
            raise Conflict("AUTHENTICATOR_ALREADY_ASSIGNED", current=self)
        self.activate(at)

    def disagree(self) -> None:
        """Takes the person's consent back; it can be given again."""
        self.must_be(PRIVATE)
        if self.status is CONSENT_MISSING:
            raise Conflict("CONSENT_MISSING", current=self)
        self.status = CONSENT_MISSING

    def withdraw(self) -> None:
        """Ends it for ever."""
        self.must_be_in_use()
        self.status = WITHDRAWN
        self.void_code()

    def give_code(self, code_hash: str, expires_at: datetime) -> None:
        """Lets a code in; the former one is void."""
        self.code_hash, self.code_expires_at = code_hash, expires_at

    def void_code(self) -> None:
        """Lets no code in."""
        self.code_hash = self.code_expires_at = None


ONE_OF_A_NAME = f"""
create unique index one_of_a_subject_name on authenticator (organisation_id, upper(subject_name))
    where {IN_USE.format(status="status")};
"""
ONE_OF_A_NAME_NO_MORE = "drop index one_of_a_subject_name"
