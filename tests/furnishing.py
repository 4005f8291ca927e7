"""Two organisations with something of every kind in every state, and seven who ask about them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count, product
from random import Random
from typing import Any
from uuid import uuid4

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Claims, Gateways, today
from models import (
    Activation,
    ActivationKind,
    Actor,
    ActorKind,
    AuthenticatorKind,
    AuthenticatorStatus,
    Billing,
    BillingMethodKind,
    Certificate,
    CertificateKind,
    CertificateStatus,
    Change,
    ChargeKind,
    DeviceKind,
    EanLocation,
    EntityKind,
    Group,
    GroupMember,
    HistoryEntry,
    HistoryOutcome,
    ImportAction,
    ImportPolicy,
    ImportStatus,
    Letter,
    Organisation,
    PowerOfAttorneyStatus,
    ProductionUnit,
    RequestKind,
    RequestStatus,
    RetrievalIdentification,
    RevocationReason,
    Right,
    Role,
    RoleAssignment,
    User,
    UserSettings,
    UserStatus,
    VatUnit,
)
from models.history import append
from models.numbers import CprNumber
from policies import Policy
from resolvers.context import Context, Rules
from resolvers.identities import Door
from tests.making import Maker

ROLES = ("organisation_administrator", "user_administrator", "rights_administrator")
ASKERS = (*ROLES, "owner", "employee", "stranger", "visitor")
PEOPLE = 30  # in each organisation
CPR_NUMBERS = [f"610190{number}" for number in range(2001, 2009)]
FIRST_NAMES = ("Anne", "Østen", "Bo", "åse", "Zita", "Bo")
SURNAMES = ("Holm", "Ærø Lund", "holm", "Øster%gaard", "Dam_Friis")
TEXTS = ("Indkøb 7%", "Køkken_2", "Lønkontoret", 'Kø "B" \\ \u2028😀')


@dataclass
class Town:
    """The organisations, and whoever asks by a word for them."""

    gateways: Gateways = field(default_factory=Gateways.in_memory)
    people: dict[str, User | Claims] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.door = Door(self.gateways, Policy(), Rules(admits_replacement_numbers=True))
        self.make = Maker(self.gateways)

    async def context(self, asker: str) -> Context:
        """What a request of theirs carries; every other one reads Danish."""
        who = self.people[asker]
        claims = Claims(user_id=who.id) if isinstance(who, User) else who
        token = self.gateways.identity.token(claims, self.gateways.clock.now())
        context = await self.door.context(token, ("da", "en")[ASKERS.index(asker) % 2])
        assert context, f"{asker} is not let in"
        return context


async def furnished() -> Town:
    """The town, in a database that holds nothing else."""
    await get_connection("default").execute_script("truncate organisation cascade")
    town = Town()
    hansen = await town.make.organisation(
        "Hansen & Søn ApS", production_units=3, eans=2, vat_units=1
    )
    jensen = await town.make.organisation(
        "Jensen A/S", production_units=1, eans=1, vat_units=1, is_public=True
    )
    homes = [Home(town, hansen, Random(7)), Home(town, jensen, Random(11))]
    for home in homes:
        await home.settle()
    for home, other in zip(homes, reversed(homes), strict=True):
        await home.furnish(other)
    for home, other in zip(homes, reversed(homes), strict=True):
        await home.give_powers(other)
    at_hansen, at_jensen = (home.users for home in homes)
    town.people = dict(zip(ASKERS, at_hansen[:5], strict=False))
    town.people |= {"stranger": at_jensen[3], "visitor": Claims(cpr_number=CPR_NUMBERS[0])}
    town.gateways.clock.advance(minutes=1)  # type: ignore[attr-defined]
    return town


@dataclass
class Home:
    """One organisation while it is furnished: what may be missing is there for some."""

    town: Town
    organisation: Organisation
    chance: Random
    users: list[User] = field(default_factory=list)

    @property
    def make(self) -> Maker:
        return self.town.make

    @property
    def here(self) -> dict[str, Any]:
        return {"organisation_id": self.organisation.id}

    def perhaps(self, *values: Any) -> Any:
        """One of the values, or nothing."""
        return self.chance.choice([*values, None])

    def pass_time(self) -> None:
        hours = self.chance.choice([0, 0, 1, 30])
        self.town.gateways.clock.advance(hours=hours, microseconds=120 * bool(hours))  # type: ignore[attr-defined]

    async def settle(self) -> None:
        """The people: one for each role, one for all, an employee, and others in every state."""
        units = [*await ProductionUnit.filter(**self.here)]
        vat_unit = await VatUnit.get(**self.here)
        ean = await EanLocation.filter(**self.here).first()
        system = await Actor.named(self.organisation.id, ActorKind.SYSTEM, "Segl")
        roles: list[tuple[str, ...]] = [*((one,) for one in ROLES), ROLES, ()]
        for number in range(PEOPLE):
            is_asker = number < len(roles)
            status = UserStatus.ACTIVE if is_asker else [*UserStatus][number % 5]
            facts = {
                "status": status,
                "name": f"{self.chance.choice(FIRST_NAMES)} {self.chance.choice(SURNAMES)}",
                "cpr": self.perhaps(*map(CprNumber, CPR_NUMBERS)),
                "phone_number": self.perhaps("20304050", "70809010"),
                "reference_text": self.perhaps(*TEXTS),
                "assurance_level": self.perhaps(3, 4),
                "is_anonymous": number % 7 == 6,
                "can_sign": number % 3 == 0,
                "production_unit": self.perhaps(*units),
                "vat_unit": self.perhaps(vat_unit),
                "ean": self.perhaps(ean),
                "activated_at": self.make.now if is_asker or number % 3 else None,
                "last_active_at": self.make.now if number % 4 else None,
            }
            if number % 6 == 5:
                facts["email"] = "shared@example.dk"
            if status is UserStatus.DEACTIVATED or number % 8 == 6:
                facts |= {
                    "deactivated_from": today(self.make.now),
                    "deactivated_until": self.perhaps(date(2026, 12, 24)),
                    "deactivation_reason": self.perhaps("Orlov"),
                    "deactivated_by_id": system.id,
                    "status_before": self.perhaps(UserStatus.ACTIVE),
                }
            held = roles[number] if is_asker else ()
            self.users.append(await self.make.user(self.organisation, *held, **facts))
            self.pass_time()

    async def furnish(self, other: "Home") -> None:
        """Whatever else there is, some of it about people of the other organisation."""
        self.actors = [
            await Actor.named(self.organisation.id, ActorKind.PERSON, one.name, one.id)
            for one in (self.users[0], self.users[7], other.users[3])
        ]
        self.actors.append(await Actor.named(self.organisation.id, ActorKind.PERSON, "Nobody left"))
        await self.hand_out_roles()
        await self.invite()
        await self.give_authenticators(other)
        await self.import_users()
        await self.gather_groups(other)
        await self.give_rights()
        await self.ask()
        await self.issue_certificates()
        await self.charge()
        await self.change_pages()
        await self.remember(other)

    async def hand_out_roles(self) -> None:
        day = today(self.make.now)
        for user, role in product(self.users[5:12], ("USER_ADMINISTRATOR", "RIGHTS_ADMINISTRATOR")):
            if self.chance.random() < 0.6:
                await RoleAssignment.create(
                    **self.here,
                    user_id=user.id,
                    role=role,
                    from_on=self.perhaps(day, day - timedelta(9), day + timedelta(9)),
                    until_on=self.perhaps(day, day + timedelta(20)),
                    assigned_by=self.perhaps(*self.actors),
                    assigned_at=self.make.now,
                )

    async def letter(self) -> Letter:
        status = self.chance.choice(["QUEUED", "SENT", "FAILED"])
        return await Letter.create(
            **self.here,
            to="somebody@example.dk",
            subject="Welcome",
            status=status,
            queued_at=self.make.now,
            sent_at=self.make.now if status == "SENT" else None,
            failure_reason="No such box" if status == "FAILED" else None,
            next_try_at=self.make.now,
        )

    async def invite(self) -> None:
        """Those who wait have been written to; of some the way in is used up."""
        for user in self.users[5:25]:
            has_code = self.chance.random() < 0.5
            soon = self.make.now + timedelta(hours=self.chance.choice([-1, 1, 100]))
            await Activation.create(
                **self.here,
                user_id=user.id,
                kind=ActivationKind.TEMPORARY_CODE if has_code else ActivationKind.LINK,
                link_hash=uuid4().hex,
                link_expires_at=soon,
                code_expires_at=soon - timedelta(minutes=30) if has_code else None,
                tries_left=self.chance.choice([0, 5]) if has_code else None,
                used_at=self.perhaps(self.make.now) if user.activated_at else None,
                letter=await self.letter(),
            )

    async def give_authenticators(self, other: "Home") -> None:
        """Everything that one can sign in with, in every state; not everybody has something."""
        issuers, numbers = (other.organisation.cvr_number, "10150817"), count()
        for kind, status in [*product(AuthenticatorKind, AuthenticatorStatus)] * 3:
            facts: dict[str, Any] = {"kind": kind, "status": status}
            facts["activated_at"] = None if status == "ORDERED" else self.perhaps(self.make.now)
            if kind == "SEPARATE_MITID":
                facts["device"] = self.chance.choice([*DeviceKind])
                facts["delivery_address"] = self.perhaps("Storegade 1, 8000 Aarhus C")
            elif kind == "SHARED_MITID":
                facts["issuer_cvr_number"] = self.chance.choice(issuers)
                facts["credential_uuid"] = uuid4()
            elif kind == "LOCAL":
                facts["subject_name"] = f"medarbejder_{next(numbers)}"
            await self.make.authenticator(self.chance.choice(self.users[:20]), **facts)

    async def import_users(self) -> None:
        """Files in every state, some with users and mistakes; and some sent for activation."""
        for number, status in enumerate(ImportStatus):
            facts = {
                "status": status,
                "file_name": self.chance.choice(TEXTS),
                "policy": self.chance.choice([*ImportPolicy]),
                "is_dry_run": number % 2 == 1,
                "started_at": self.perhaps(self.make.now),
                "finished_at": self.perhaps(self.make.now),
                "failure_code": self.perhaps("USER_DELETED"),
                "row_count": self.chance.choice([3, 100]),
                "removal_count": self.perhaps(1, 20) or 0,
                "active_count": self.perhaps(30) or 0,
                "bad_count": number % 3,
                "done_through": number * 2,
            }
            file = await self.make.file(self.organisation, **facts)
            for line, user in enumerate(self.users[number : number * 3], 2):
                changes = [{"field": "name", "old": None, "new": user.name}]
                facts = {"action": self.chance.choice([*ImportAction]), "changes": changes}
                await self.make.plan(file, user, line, **facts)
            for line in range(number):
                code, column = self.chance.choice([("USER_DELETED", None), ("REQUIRED", "Email")])
                constraint = self.perhaps("email")
                facts = {"code": code, "column": column, "constraint": constraint}
                facts["suggestion"] = self.perhaps("post@example.dk")
                await self.make.row_error(file, 50 + line, **facts)
            self.users[number].imported_from_id = file.id
            async with self.make.change(self.organisation.id):
                await self.users[number].save()
            self.pass_time()
        await self.make.batch(self.organisation, *self.users[3:7])

    async def gather_groups(self, other: "Home") -> None:
        units = [*await ProductionUnit.filter(**self.here)]
        for number in range(6):
            facts = {
                "name": f"{self.chance.choice(TEXTS)} {number}",
                "description": self.perhaps("Who pays", "Åben for alle"),
                "production_unit": self.perhaps(*units),
                "vat_unit": self.perhaps(await VatUnit.get(**self.here)),
            }
            group = await self.make.group(self.organisation, **facts)
            members = [*self.chance.sample(self.users, 5), other.users[number]]
            async with self.make.change(self.organisation.id):
                for user in members[: number * 2]:
                    await GroupMember(
                        **self.here,
                        group_id=group.id,
                        user_id=user.id,
                        until_on=self.perhaps(date(2027, 1, 31)),
                        added_by=self.perhaps(*self.actors),
                    ).save()
            self.pass_time()

    async def give_rights(self) -> None:
        """Rights of users and of groups of both kinds, for all sorts of times and limits."""
        unit, vat = [await one.filter(**self.here).first() for one in (ProductionUnit, VatUnit)]
        day, rights = today(self.make.now), await Right.all().order_by("code").limit(6)
        for holder in [*self.users[:8], *await Group.filter(**self.here).order_by("id")] * 2:
            await self.make.right(
                holder,
                right=self.chance.choice(rights),
                production_unit=self.perhaps(unit),
                vat_unit=self.perhaps(vat),
                from_on=self.perhaps(day, day - timedelta(9), day + timedelta(9)),
                until_on=self.perhaps(day, day + timedelta(20)),
                assigned_by=self.chance.choice(self.actors),
            )
            self.pass_time()

    async def give_powers(self, other: "Home") -> None:
        """Powers of attorney to the other organisation and people there, in every state."""
        unit, vat = [await one.filter(**self.here).first() for one in (ProductionUnit, VatUnit)]
        day, given = today(self.make.now), []
        for number, status in enumerate([*PowerOfAttorneyStatus, "ACTIVE", "ACTIVE"] * 2):
            has_ended = status in ("REJECTED", "EXPIRED", "REVOKED")
            facts: dict[str, Any] = {
                "name": f"{self.chance.choice(TEXTS)} {number}",
                "status": status,
                "production_unit": self.perhaps(unit),
                "vat_unit": self.perhaps(vat),
                "from_on": self.chance.choice([day, day + timedelta(9)]),
                "until_on": self.perhaps(day - timedelta(1), day, day + timedelta(20)),
            }
            if has_ended:
                ended_by = self.chance.choice([*self.actors, *other.actors])
                facts |= {"ended_by": ended_by, "ended_at": self.make.now}
            grantee: Any = self.chance.choice([other.organisation, other.users[number]])
            if status == "REQUESTED":
                grantee = other.organisation
            codes = ("tax.vat", "post.read")[: number % 2 + 1]
            power = await self.make.power(self.organisation, grantee, *codes, **facts)
            if grantee is other.organisation:
                given.append(power)
                await self.make.name(power, *self.chance.sample(other.users[:9], 3))
            if status in ("REQUESTED", "REJECTED"):
                is_open = status == "REQUESTED"
                asked = {"status": "OPEN" if is_open else "REJECTED"}
                asked |= {} if is_open else {"decided_by": self.actors[0]}
                await self.make.asked_power(power, other.users[0], **asked)
            self.pass_time()
        await self.make.power(self.organisation, "10000009", name="Waiting")
        for number in range(3):
            members = [*given[number::3], *self.chance.sample(other.users[:9], 4)]
            await self.make.bundle(other.organisation, *members, name=f"Bundle {number}")

    async def ask(self) -> None:
        """Requests in every state: of people who hope for a user, some of whom got one."""
        unit, vat = [await one.filter(**self.here).first() for one in (ProductionUnit, VatUnit)]
        kinds = [one for one in RequestKind if one is not RequestKind.POWER_OF_ATTORNEY]
        for kind, status in [*product(kinds, RequestStatus)] * 2:
            is_decided = status in (RequestStatus.APPROVED, RequestStatus.REJECTED)
            user = self.chance.choice(self.users[:10])
            request: dict[str, Any] = {
                "kind": kind,
                "status": status,
                "reason": self.perhaps("Protected address", "7% af Køkken_2"),
                "user": None if kind is RequestKind.USER else user,
                "asked_by": self.chance.choice(self.actors),
            }
            if is_decided:
                request |= {"decided_by": self.chance.choice(self.actors)}
                request |= {"decided_at": self.make.now, "decision_reason": self.perhaps("Because")}
            if kind is RequestKind.RIGHT:
                request |= {"right": self.chance.choice(await Right.all().order_by("code"))}
                request |= {"production_unit": self.perhaps(unit), "vat_unit": self.perhaps(vat)}
            if kind is RequestKind.ROLE:
                request["role"] = self.chance.choice([*Role][:3])
            if kind is RequestKind.USER:
                request["phone_number"] = self.perhaps("20304050")
                request["cpr"] = self.chance.choice(CPR_NUMBERS)
                request["name"] = f"{self.chance.choice(FIRST_NAMES)} Dam_Friis"
            made = await self.make.request(self.organisation, **request)
            if kind is RequestKind.USER and status is RequestStatus.APPROVED:
                made.user = user
                async with self.make.change(self.organisation.id):
                    await made.save()
            self.pass_time()

    async def issue_certificates(self) -> None:
        unit, ean = [await one.filter(**self.here).first() for one in (ProductionUnit, EanLocation)]
        profiles = [
            await self.make.profile(
                self.organisation,
                name=name,
                contact_name=self.chance.choice(FIRST_NAMES),
                system_rights=rights,
                can_seal=bool(rights),
                production_unit=self.perhaps(unit),
                ean=self.perhaps(ean),
            )
            for name, rights in [
                ("Løn", ["IDENTITY_MANAGEMENT"]),
                ("Post", []),
                ("Æsker", ["IDENTITY_MANAGEMENT", "CERTIFICATE_MANAGEMENT"]),
            ]
        ]
        references = count(100)
        for kind, status in [*product(CertificateKind, CertificateStatus)] * 2:
            holder = self.chance.choice(self.users[:10])
            reference = f"{self.organisation.cvr_number}{next(references)}"
            certificate = {
                "kind": kind,
                "status": status,
                "reference": reference,
                "user": holder if kind.is_for_users else None,
                "profile": None if kind.is_for_users else self.chance.choice(profiles),
                "email": self.perhaps(holder.email, "post@example.dk"),
                "contact_name": self.perhaps(holder.name, "Bo Lind"),
                "contact_email": self.perhaps("lind@example.dk"),
                "ordered_by": self.chance.choice(self.actors),
                "letter": await self.letter() if status == "ORDERED" else None,
            }
            if status in ("ORDERED", "CANCELLED"):
                certificate |= {"issued_at": None, "valid_from": None, "expires_at": None}
                certificate["identification"] = self.chance.choice([*RetrievalIdentification])
                certificate["code_expires_at"] = self.perhaps(self.make.now)
                certificate["tries_left"] = self.perhaps(0, 5)
            else:
                ends = self.make.now + timedelta(days=self.chance.choice([-1, 0, 20, 500]))
                certificate |= {"expires_at": ends, "subject": f"CN={holder.name}"}
                certificate |= {"serial_number": f"{reference}ff", "fingerprint": "ab" * 32}
            if status == "REVOKED":
                certificate |= {"revoked_at": self.make.now, "revoked_by": self.actors[0]}
                certificate["revocation_reason"] = self.chance.choice([*RevocationReason])
            await self.make.certificate(self.organisation, **certificate)
            self.pass_time()

    async def charge(self) -> None:
        """What has been paid for: users, devices and certificates, in this period and before."""
        certificates = await Certificate.filter(**self.here)
        numbers = [one.ean_number for one in await EanLocation.filter(**self.here)]
        for number in range(40):
            kind = [*ChargeKind][number % len(ChargeKind)]
            facts: dict[str, Any] = {"user": self.perhaps(*self.users)}
            if kind in (ChargeKind.USER_CERTIFICATE, ChargeKind.ORGANISATION_CERTIFICATE):
                facts = {"certificate": self.perhaps(*certificates)}
            await self.make.charge(
                self.organisation,
                kind=kind,
                amount=self.chance.choice(["0.00", "20.00", "33.50"]),
                occurred_at=self.make.now - timedelta(days=self.chance.choice([0, 0, 9, 40, 90])),
                ean_number=self.perhaps(*numbers),
                **facts,
            )

    async def change_pages(self) -> None:
        """Somebody has turned a page of the settings, and one of the homes pays by e-mail."""
        settings, billing = await UserSettings.get(**self.here), await Billing.get(**self.here)
        settings.changed_by, settings.changed_at = self.actors[0], self.make.now
        if self.organisation.is_public:
            billing.kind, billing.email = BillingMethodKind.EMAIL, "bills@example.dk"
            billing.changed_by, billing.changed_at = self.actors[2], self.make.now
        async with self.make.change(self.organisation.id):
            await settings.save()
            await billing.save()

    async def remember(self, other: "Home") -> None:
        """What people did and were denied: of one of them more than a page of a life holds."""
        about = [*self.users[:6], *await GroupMember.filter(**self.here).limit(3)]
        about += [self.organisation, other.users[0]]
        for actor in self.actors:
            change = Change("user:update", "updateUser", self.make.now, uuid4())
            entries = [
                self.entry(self.chance.choice(about), number).columns() for number in range(12)
            ]
            async with in_transaction():
                await append(change, actor, entries)
            self.pass_time()
        change = Change("user:list", "listUsers", self.make.now, uuid4())
        async with in_transaction():
            long_life = [self.entry(self.users[3], number).columns() for number in range(210)]
            await append(change, self.actors[3], long_life)

    def entry(self, about: Any, number: int) -> HistoryEntry:
        return HistoryEntry(
            outcome=self.chance.choice([*HistoryOutcome]),
            summary=f"{self.chance.choice(TEXTS)} {number}",
            reason=self.perhaps("Because"),
            changes=self.chance.choice(
                [
                    [],
                    [{"field": "name", "old": None, "new": "Åse"}],
                    [
                        {"field": "email", "old": "a@example.dk", "new": None},
                        {"field": "canSign", "old": "false", "new": "true"},
                    ],
                ]
            ),
            about_kind=EntityKind.of(type(about)),
            about_id=about.id,
        )
