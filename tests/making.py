"""How tests make what their stories begin with: real entities, stored as the house does it."""

from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import orjson
from stdnum.dk import cvr

from gateways import Gateways, today
from models import (
    ActivationBatch,
    Actor,
    ActorKind,
    Authenticator,
    AuthenticatorKind,
    AuthenticatorStatus,
    BatchCodes,
    Certificate,
    CertificateKind,
    CertificateProfile,
    CertificateStatus,
    ChargeableTransaction,
    ChargeKind,
    DelegationGroup,
    DelegationGroupPower,
    DelegationGroupUser,
    DeviceKind,
    Entity,
    Group,
    GroupMember,
    ImportPolicy,
    ImportStatus,
    Language,
    LeftOut,
    Notification,
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyRight,
    PowerOfAttorneyUser,
    Request,
    RequestKind,
    RetrievalIdentification,
    Right,
    RightAssignment,
    Role,
    RoleAssignment,
    User,
    UserImport,
    UserImportPart,
    UserImportRow,
    UserImportRowError,
    UserStatus,
)
from models.numbers import CprNumber, birth_date, mask_cpr_number
from resolvers import demo, organisations
from resolvers.codes import CODE_LASTS

NUMBERS = count(1)
P_NUMBERS = ("1029829825", "1003388394", "1017862568")
EANS = ("5790000123452", "5790001234560")


def cvr_numbers() -> Any:
    return (str(one) for one in count(10_000_000) if cvr.is_valid(str(one)))


CVR_NUMBERS = cvr_numbers()


class Maker:
    """Makes organisations, users and what belongs to them."""

    def __init__(self, gateways: Gateways):
        self.gateways = gateways

    @property
    def now(self) -> Any:
        return self.gateways.clock.now()

    @asynccontextmanager
    async def change(self, organisation_id: UUID | None = None) -> Any:
        async with demo.making(organisation_id, self.now):
            yield

    async def organisation(
        self, name: str, production_units: int = 0, eans: int = 0, vat_units: int = 0, **facts: Any
    ) -> Organisation:
        number = next(CVR_NUMBERS)
        async with self.change():
            return await organisations.found(
                cvr_number=number,
                name=name,
                production_units={one: f"Unit {one}" for one in P_NUMBERS[:production_units]},
                vat_units={number: name} if vat_units else {},
                eans={one: f"EAN {one}" for one in EANS[:eans]},
                **facts,
            )

    async def user(self, organisation: Organisation, *roles: Role | str, **facts: Any) -> User:
        number = next(NUMBERS)
        cpr = facts.pop("cpr", CprNumber(f"610190{1000 + number % 9000:04}"))
        name = facts.pop("name", "Bo Holm")
        user = User(
            **{
                "organisation_id": organisation.id,
                "status": UserStatus.ACTIVE,
                "email": f"person{number}@example.dk",
                "target_assurance_level": organisation.assurance_level,
                "activated_at": self.now,
                **self.identity(cpr),
                **facts,
            }
        )
        user.rename(*name.split(" ", 1))
        async with self.change(organisation.id):
            await user.save()
        for role in roles:
            await RoleAssignment.create(
                organisation_id=organisation.id,
                user_id=user.id,
                role=Role(str(role).upper()),
                assigned_at=self.now,
            )
        return user

    def identity(self, cpr: str | None) -> dict[str, Any]:
        if cpr is None:
            return {}
        vault = self.gateways.vault
        return {
            "cpr_number": mask_cpr_number(CprNumber(cpr)),
            "cpr_number_sealed": vault.seal(cpr),
            "cpr_number_hash": vault.fingerprint(cpr),
            "date_of_birth": birth_date(CprNumber(cpr)),
        }

    async def authenticator(self, user: User, **facts: Any) -> Authenticator:
        """A separate MitID by app that is in use, unless told otherwise."""
        usual = {
            "organisation_id": user.organisation_id,
            "user_id": user.id,
            "kind": AuthenticatorKind.SEPARATE_MITID,
            "status": AuthenticatorStatus.ACTIVE,
            "ordered_at": self.now,
            "activated_at": self.now,
        }
        made = usual | facts
        if made["kind"] is AuthenticatorKind.SEPARATE_MITID:
            made.setdefault("device", DeviceKind.APP)
        authenticator = Authenticator(**made)
        async with self.change(user.organisation_id):
            await authenticator.save()
        return authenticator

    async def group(self, organisation: Organisation, *members: User, **facts: Any) -> Group:
        group = Group(organisation_id=organisation.id, **{"name": "Payroll", **facts})
        async with self.change(organisation.id):
            await group.save()
            for user in members:
                member = GroupMember(
                    organisation_id=organisation.id, group_id=group.id, user_id=user.id
                )
                await member.save()
        return group

    async def right(self, holder: User | Group, code: str = "tax.vat", **facts: Any) -> Any:
        """A right given to a user or a group, today and without end unless told otherwise."""
        here = {"organisation_id": holder.organisation_id}
        usual = {
            "right": await Right.get(code=code),
            holder.noun: holder,
            "from_on": today(self.now),
            "assigned_by": await Actor.named(holder.organisation_id, ActorKind.SYSTEM, "Segl"),
        }
        assignment = RightAssignment(**here, **{**usual, **facts})
        async with self.change(holder.organisation_id):
            await assignment.save()
        return assignment

    async def power(
        self, grantor: Organisation, grantee: Organisation | User | str, *codes: str, **facts: Any
    ) -> PowerOfAttorney:
        """An active power of attorney to an organisation, to a person there, or to a number."""
        person = grantee if isinstance(grantee, User) else None
        to = await Organisation.get(id=person.organisation_id) if person else grantee
        usual: dict[str, Any] = {"name": "Accounts", "from_on": today(self.now)}
        if person:
            usual |= {"grantee_user_id": person.id, "grantee_uuid": person.uuid}
        if isinstance(to, Organisation):
            usual |= {"grantee_id": to.id, "grantee_cvr_number": to.cvr_number}
        else:
            usual |= {"grantee_cvr_number": to}
        here = {"organisation_id": grantor.id}
        power = PowerOfAttorney(**{**here, **usual, **facts})
        async with self.change(grantor.id):
            await power.save()
        for right in await Right.filter(code__in=codes or ("tax.vat",)):
            await PowerOfAttorneyRight.create(**here, power_of_attorney=power, right=right)
        return power

    async def name(self, power: PowerOfAttorney, *users: User) -> None:
        """Lets users use a received power of attorney."""
        for user in users:
            here = {"organisation_id": user.organisation_id, "user_id": user.id}
            await PowerOfAttorneyUser.create(**here, power_of_attorney=power)

    async def bundle(
        self, organisation: Organisation, *members: PowerOfAttorney | User, **facts: Any
    ) -> DelegationGroup:
        """A delegation group with powers of attorney and users."""
        here = {"organisation_id": organisation.id}
        group = DelegationGroup(**here, **{"name": "Clients", **facts})
        async with self.change(organisation.id):
            await group.save()
        for one in members:
            kind = DelegationGroupUser if isinstance(one, User) else DelegationGroupPower
            await kind.create(**here, delegation_group=group, **{one.noun: one})
        return group

    async def asked_power(self, power: PowerOfAttorney, asker: User, **facts: Any) -> Request:
        """The request by which a user has asked for a power of attorney."""
        home = await Organisation.get(id=asker.organisation_id)
        return await self.request(
            await Organisation.get(id=power.organisation_id),
            kind=RequestKind.POWER_OF_ATTORNEY,
            user=asker,
            name=home.name,
            power_of_attorney=power,
            from_organisation=home,
            **facts,
        )

    async def request(self, organisation: Organisation, **facts: Any) -> Request:
        """Somebody's open request to become a user, or that of a user for anonymity."""
        user, cpr = facts.get("user"), facts.pop("cpr", f"610190{next(NUMBERS) % 9000 + 1000}")
        name = facts.pop("name", user.name if user else "Anne Østergaard")
        usual: dict[str, Any] = {"kind": RequestKind.ANONYMITY, "name": name}
        if user is None:
            first, last = name.split(" ", 1)
            usual |= {"kind": RequestKind.USER, "first_name": first, "surname": last}
            usual |= {"email": "anne@example.dk", "language": Language.ENGLISH}
            usual |= {key: one for key, one in self.identity(cpr).items() if "cpr" in key}
        actor = await Actor.named(
            user.organisation_id if user else organisation.id,
            ActorKind.PERSON,
            user.name if user else name,
            user.id if user else None,
        )
        here = {"organisation_id": organisation.id, "asked_by": actor}
        request = Request(**{**here, **usual, **facts})
        async with self.change(organisation.id):
            await request.save()
        return request

    async def notification(self, user: User, about: Entity, **facts: Any) -> Notification:
        """What a user is told of a group, unless told otherwise."""
        usual = {"kind": "GROUP_CREATED", "event": "group_created"}
        usual |= {"values": {"organisation": "Hansen & Søn", "group": "Payroll"}}
        times = {"created_at": self.now, "updated_at": self.now}
        here = {"organisation_id": user.organisation_id, "user_id": user.id, "about_id": about.id}
        made = Notification(**{**here, **times, **usual, **facts})
        await Notification.bulk_create([made])
        return made

    async def profile(self, organisation: Organisation, **facts: Any) -> CertificateProfile:
        usual = {
            "name": "Payroll system",
            "email": "payroll@example.dk",
            "contact_name": "Bo Lind",
            "contact_email": "bo@example.dk",
        }
        profile = CertificateProfile(organisation_id=organisation.id, **{**usual, **facts})
        async with self.change(organisation.id):
            await profile.save()
        return profile

    async def file(self, organisation: Organisation, **facts: Any) -> UserImport:
        """A file of users that has been checked, unless told otherwise."""
        usual = {
            "status": ImportStatus.READY,
            "file_name": "users.csv",
            "file_hash": uuid4().hex,
            "policy": ImportPolicy.REJECT_FILE,
            "uploaded_by": await Actor.named(organisation.id, ActorKind.SYSTEM, "Segl"),
            "request_uuid": uuid4(),
            "row_count": 1,
            "checked_count": 1,
            "create_count": 1,
        }
        file = UserImport(organisation_id=organisation.id, **{**usual, **facts})
        async with self.change(organisation.id):
            await file.save()
        return file

    async def plan(self, file: UserImport, user: User, line: int = 2, **facts: Any) -> Any:
        """A good row of a file, which has been run."""
        here = {"organisation_id": file.organisation_id, "user_import_id": file.id}
        usual = {"action": "CREATE", "identity_hash": uuid4().hex}
        return await UserImportRow.create(
            **here, **{"user_id": user.id, "line": line, **usual, **facts}
        )

    async def row_error(self, file: UserImport, line: int = 2, **facts: Any) -> Any:
        """Something wrong in a row of a file."""
        here = {"organisation_id": file.organisation_id, "user_import_id": file.id}
        usual = {"column": "Email", "code": "MALFORMED", "constraint": "email"}
        return await UserImportRowError.create(**here, **{"line": line, **usual, **facts})

    async def bad_part(self, file: UserImport) -> Any:
        """The bad rows that are kept of a file."""
        here = {"organisation_id": file.organisation_id, "user_import_id": file.id}
        sealed = self.gateways.vault.seal("[]")
        return await UserImportPart.create(**here, number=0, bad_rows_sealed=sealed)

    async def batch(self, organisation: Organisation, *left_out: User, **facts: Any) -> Any:
        """Users sent for activation together, and those left out."""
        here = {"organisation_id": organisation.id}
        usual = {"authenticator_kind": AuthenticatorKind.PRIVATE_MITID, "sent_count": 1}
        batch = ActivationBatch(**here, **{**usual, "left_out_count": len(left_out), **facts})
        async with self.change(organisation.id):
            await batch.save()
        for user in left_out:
            await LeftOut.create(**here, batch_id=batch.id, user_id=user.id)
        return batch

    async def codes(self, batch: Any, codes: dict[User, str]) -> BatchCodes:
        """Temporary codes of users of a batch, which nobody has come for yet."""
        told = orjson.dumps([[str(user.id), code] for user, code in codes.items()]).decode()
        return await BatchCodes.create(
            organisation_id=batch.organisation_id,
            batch_id=batch.id,
            codes_sealed=self.gateways.vault.seal(told),
            expires_at=self.now + CODE_LASTS,
        )

    async def certificate(self, organisation: Organisation, **facts: Any) -> Certificate:
        """An issued user certificate, unless told otherwise."""
        actor = await Actor.named(organisation.id, ActorKind.SYSTEM, "Segl")
        usual = {
            "kind": CertificateKind.USER,
            "status": CertificateStatus.ISSUED,
            "identification": RetrievalIdentification.OWN_SIGN_IN,
            "reference": f"{next(NUMBERS):012}",
            "ordered_at": self.now,
            "ordered_by": actor,
            "issued_at": self.now,
            "valid_from": self.now,
            "expires_at": self.now + timedelta(days=1000),
        }
        certificate = Certificate(organisation_id=organisation.id, **{**usual, **facts})
        async with self.change(organisation.id):
            await certificate.save()
        return certificate

    async def order(self, organisation: Organisation, **facts: Any) -> Certificate:
        """An open order of a user certificate with a good address, unless told otherwise."""
        not_issued = dict.fromkeys(("issued_at", "valid_from", "expires_at"))
        usual = {"status": CertificateStatus.ORDERED, "is_email_validated": True, **not_issued}
        return await self.certificate(organisation, **{**usual, **facts})

    async def charge(self, organisation: Organisation, **facts: Any) -> ChargeableTransaction:
        """An activation that cost something just now, unless told otherwise."""
        usual = {"kind": ChargeKind.USER_ACTIVATION, "occurred_at": self.now, "amount": 20}
        return await ChargeableTransaction.create(
            organisation_id=organisation.id, **{**usual, **facts}
        )
