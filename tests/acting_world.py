"""Three organisations with people and things of every kind, and what is read and done there."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tortoise.connection import get_connection

from gateways import today
from models import GroupMember, Organisation, RequestKind, Right
from tests.acting_oracle import HOMES, ORGANISATION, RIGHTS, USERS, Oracle, Person, organisation
from tests.making import Maker

# Everybody's roles in each organisation; the first holds all of them, and is never shut out.
PEOPLE = (
    frozenset({ORGANISATION, USERS, RIGHTS}),
    frozenset({ORGANISATION}),
    frozenset({USERS}),
    frozenset({RIGHTS}),
    frozenset[str](),
    frozenset[str](),
    frozenset({ORGANISATION, RIGHTS}),  # anonymous
    frozenset[str](),  # anonymous
    frozenset({USERS}),  # deactivated
)
ANONYMOUS, SHUT_OUT = (6, 7), 8
MARKER = re.compile(rf"(?:{'|'.join(HOMES)})-(?:org|user|mail|group|profile|power|bundle)-\d+")
IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# A change of any row is written down, with whose it was: exactly what an operation touched.
WATCH = """
create table touched (organisation_id uuid, kind text);
create function touch() returns trigger language plpgsql as $$ begin
  if tg_op <> 'INSERT' then insert into touched values (old.organisation_id, tg_table_name); end if;
  if tg_op <> 'DELETE' then insert into touched values (new.organisation_id, tg_table_name); end if;
  return null;
end $$;
"""
UNWATCH = "drop function touch cascade; drop table touched"
OWNED = """
select c.table_name as name,
       bool_or(c.column_name = 'id' and c.data_type = 'uuid') as has_id
from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> 'touched'
group by 1 having bool_or(c.column_name = 'organisation_id') order by 1
"""


@dataclass
class Thing:
    """A thing of an organisation, and what has become of it."""

    key: str
    home: int
    state: str = ""
    about: Any = None


@dataclass
class World:
    """What is there, as the walk knows it."""

    make: Maker
    chance: Random
    homes: list[Organisation] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    things: dict[str, list[Thing]] = field(default_factory=lambda: defaultdict(list))
    rights: dict[str, str] = field(default_factory=dict)
    uuids: dict[str, Person] = field(default_factory=dict)
    kinds: dict[str, tuple[str, int]] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def furnish(self) -> Oracle:
        for number, _ in enumerate(HOMES):
            home = await self.make.organisation(organisation(number), production_units=1)
            self.homes.append(home)
            await self.people_of(number, home)
        self.rights = {one.code: str(one.id) for one in await Right.all()}
        oracle = Oracle(self.people, today(self.make.now))
        for number, home in enumerate(self.homes):
            await self.things_of(number, home, oracle)
        await self.watch()
        return oracle

    async def people_of(self, number: int, home: Organisation) -> None:
        for at, roles in enumerate(PEOPLE):
            one = Person(number, at, roles, at in ANONYMOUS, at != SHUT_OUT)
            words = [*(f"{role}_administrator" for role in sorted(roles))]
            one.user = await self.make.user(
                home,
                *words,
                name=f"{one.name} Holm",
                email=one.mail,
                is_anonymous=one.is_anonymous,
                status="ACTIVE" if one.is_active else "DEACTIVATED",
            )
            self.people.append(one)
            self.uuids[str(one.user.uuid)] = one

    async def things_of(self, number: int, home: Organisation, oracle: Oracle) -> None:
        here = [one for one in self.people if one.home == number]
        abroad = [one for one in self.people if one.home == (number + 1) % len(HOMES)][4:8]
        for at in range(2):
            name = self.text(number, "group")
            group = await self.make.group(home, name=name)
            self.things["group"].append(Thing(str(group.id), number, about=name))
            async with self.make.change(home.id):
                for one in [here[4 + at], abroad[at], abroad[at + 2]]:
                    member = GroupMember(
                        organisation_id=home.id, group_id=group.id, user_id=one.user.id
                    )
                    await member.save()
                    self.join(oracle, self.things["group"][-1], one, str(member.id))
            profile = await self.make.profile(home, name=self.text(number, "profile"))
            self.things["profile"].append(Thing(str(profile.id), number))
            mine, ours = {"user": here[at].user}, {"kind": "ORGANISATION", "profile": profile}
            for facts, holder in ((mine, here[at]), (ours, None)):
                made = await self.make.certificate(home, **facts)
                self.things["certificate"].append(Thing(str(made.id), number, "ISSUED", holder))
            right = await self.make.right(here[4 + at].user, "tax.vat")
            self.things["assignment"].append(Thing(str(right.id), number, "GIVEN", here[4 + at]))
            asked = await self.make.request(
                home,
                user=here[4 + at].user,
                kind=RequestKind.RIGHT,
                right=await Right.get(code="post.read"),
            )
            self.things["request"].append(Thing(str(asked.id), number, "OPEN", here[4 + at]))

    def join(self, oracle: Oracle, group: Thing, one: Person, key: str) -> None:
        """Somebody is in a group: of another organisation's person both sides know."""
        self.things["member"].append(Thing(key, group.home, "IN", (group.key, one)))
        if one.home != group.home:
            oracle.members[(group.key, one)] = key
            oracle.learn(group.home, one.name_abroad, organisation(one.home))
            oracle.told[one] |= {group.about, organisation(group.home)}

    def text(self, home: int, kind: str) -> str:
        """A name that nothing else bears."""
        self.texts[kind] += 1
        return f"{HOMES[home]}-{kind}-{self.texts[kind]}"

    async def watch(self) -> None:
        client = get_connection("default")
        await client.execute_script(WATCH)
        owned = await client.execute_query_dict(OWNED)
        self.tables = [row["name"] for row in owned if row["has_id"]]
        for row in owned:
            await client.execute_script(
                f'create trigger touch after insert or update or delete on "{row["name"]}"'
                " for each row execute function touch()"
            )
        self.numbers = {home.id: number for number, home in enumerate(self.homes)}
        self.kinds |= {str(key): ("organisation", at) for key, at in self.numbers.items()}

    async def touched(self) -> dict[int, set[str]]:
        """What was changed since it was last asked: the tables, by whose the rows were."""
        client = get_connection("default")
        found: dict[int, set[str]] = defaultdict(set)
        rows = await client.execute_query_dict("delete from touched returning *")
        for row in rows:
            if row["organisation_id"]:
                found[self.numbers[row["organisation_id"]]].add(row["kind"])
        return found

    async def whose(self, keys: set[str]) -> dict[str, tuple[str, int]]:
        """What the ids of an answer name, and whose it is; of nobody's nothing."""
        unknown = [one for one in keys if one not in self.kinds]
        if unknown:
            text = " union all ".join(
                f"select '{one}' as kind, id::text, organisation_id from \"{one}\""
                " where id = any($1::uuid[])"
                for one in self.tables
            )
            for row in await get_connection("default").execute_query_dict(text, [unknown]):
                at = self.numbers[row["organisation_id"]]
                self.kinds[row["id"]] = row["kind"], at
        return {one: self.kinds[one] for one in keys if one in self.kinds}

    def pick(self, kind: str, *states: str) -> Thing:
        """Some thing of whosever; mostly in one of the states, if any is named."""
        fit = [one for one in self.things[kind] if one.state in states]
        pool = fit if fit and self.chance.random() < 0.8 else self.things[kind]
        return self.chance.choice(pool)

    def day(self, ahead: int | None) -> Any:
        return None if ahead is None else today(self.make.now) + timedelta(days=ahead)
