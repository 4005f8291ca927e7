"""Authenticators: what users may sign in with."""

from datetime import datetime
from typing import Any

import models
from schema.fields import column, computed, edge, shows
from schema.types.words import Entity, Party


@shows(models.Authenticator, many="authenticators", allow="authenticator:read")
class Authenticator(Entity):
    """An Authenticator is a means of signing in that a user has been given."""

    kind: models.AuthenticatorKind = column("What kind it is.")
    device: models.DeviceKind | None = column("The device of a separate MitID.")
    status: models.AuthenticatorStatus = column("How far it has come.")
    subject_name: str | None = column(
        "The name at the organisation's own identity provider, for a local one."
    )
    delivery_address: str | None = column("Where a physical device was sent.")
    ordered_at: datetime = column("When it was assigned or ordered.")
    activated_at: datetime | None = column("When the user first used it.")
    user = edge("User", "Whose it is.", allow="user:read")

    @computed(
        "The organisation that issued it, for a shared one.",
        "Optional[Party]",
        needs=("issuer_cvr_number", "issuer_name"),
    )
    def issuer(cvr_number: Any, name: str | None) -> Any:
        # Of an organisation that is not here, no more is known than its number.
        return cvr_number and Party(cvr_number=cvr_number, name=name or f"CVR {cvr_number}")  # type: ignore[call-arg]
