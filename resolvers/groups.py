"""What can be done to groups."""

from typing import TypedDict

from typing_extensions import Unpack

from models import Group, GroupMember, ProductionUnit, VatUnit
from models.refusals import Conflict, Invalid
from models.texts import Text, Title
from resolvers import members, roles
from resolvers.context import Context, checked_by
from resolvers.rights import RightGrantInput, end_all, give_group, grantable


class GroupAlterations(TypedDict, total=False):
    """What can be altered of a group.

    name: The name.
    description: What it is for.
    production_unit: The production unit to limit the rights to.
    vat_unit: The VAT unit to limit the rights to.
    """

    name: Title
    description: Text | None
    production_unit: ProductionUnit | None
    vat_unit: VatUnit | None


@checked_by(grantable)
async def create(
    context: Context,
    name: Title,
    description: Text | None = None,
    rights: list[RightGrantInput] | None = None,
    production_unit: ProductionUnit | None = None,
    vat_unit: VatUnit | None = None,
) -> Group:
    """Create a custom group.

    name: The name, unique in the organisation.
    description: What it is for.
    rights: The rights of its members.
    production_unit: The production unit to limit the rights to.
    vat_unit: The VAT unit to limit the rights to.
    group: The new group.
    """
    await must_be_free(context, name)
    group = Group(
        organisation_id=context.organisation_id,
        name=name,
        description=description or None,
        production_unit=production_unit,
        vat_unit=vat_unit,
    )
    await group.save()
    others = await roles.others(context, "group:add_member")
    await context.tell(others, "group_created", group, group=group.name)
    for at, one in enumerate(rights or ()):
        await give_group(context, group, one, "rights", at)
    return group


async def update(context: Context, group: Group, **given: Unpack[GroupAlterations]) -> Group:
    """Rename or describe a custom group, or change its limits; absent is unchanged, null is
    cleared.

    group: The group as it is now.
    """
    group.must_be_custom()
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    if "name" in given:
        await must_be_free(context, given["name"], besides=group)
    for name, value in given.items():
        setattr(group, name, value)
    await group.save()
    return group


async def must_be_free(context: Context, name: str, besides: Group | None = None) -> None:
    """Refuses a name that another group bears, in whatever case."""
    await context.organisation_locked()
    others = Group.filter(organisation_id=context.organisation_id, name__iexact=name)
    if await (others.exclude(id=besides.id) if besides else others).exists():
        raise Conflict("NAME_TAKEN", path=("name",))


async def delete(context: Context, group: Group) -> Group:
    """Delete a custom group; its members lose its rights.

    group: The group as it was.
    """
    group.must_be_custom()
    await members.end(context, group, await GroupMember.filter(group_id=group.id))
    await end_all(group_id=group.id)
    await group.delete()
    return group
