"""What the GraphQL library refuses itself: it says what is wrong, never what was sent."""

import pytest

pytestmark = pytest.mark.anyio

CPR = "6101901234"
CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { errors { code } } }"
ANNE = {"firstName": "Anne", "surname": "Lund", "email": "anne@example.dk"}
BY_CPR = {"person": {"cprNumber": CPR}}


def literal(person: str, also: str = "") -> str:
    """A document that holds its values itself."""
    return f"""
        mutation {{
          createUser(input: {{
            firstName: "Anne", surname: "Lund", email: "anne@example.dk", person: {person} {also}
          }}) {{ errors {{ code }} }}
        }}
    """


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"firstName": CPR, **BY_CPR}, "to include required field 'surname'"),
        (ANNE | {"person": CPR}, "at .person"),
        (ANNE | {"person": [CPR]}, "at .person"),
        (ANNE | {"person": {}}, "exactly one"),
        (ANNE | {"person": {"cprNumber": CPR, "dateOfBirth": "1990-01-31"}}, "exactly one"),
        (ANNE | {"person": {"cprNumber": None}}, "cprNumber"),
        (ANNE | {"person": {CPR: CPR}}, "unknown field"),
        (ANNE | BY_CPR | {"cprNumber": CPR}, "unknown field"),
        (ANNE | BY_CPR | {"targetAssuranceLevel": CPR}, "does not exist in 'AssuranceLevel'"),
        (ANNE | BY_CPR | {"targetAssuranceLevel": f"' enum. {CPR}"}, "'AssuranceLevel'"),
        (ANNE | BY_CPR | {"targetAssuranceLevel": int(CPR)}, "at .targetAssuranceLevel"),
        (ANNE | BY_CPR | {"isAnonymous": CPR}, "at .isAnonymous"),
        (ANNE | BY_CPR | {"firstName": int(CPR)}, "at .firstName"),
        (
            ANNE | BY_CPR | {"firstName": f"{CPR}\n, found"} | {"email": {"a": 1}, "b": CPR},
            "invalid value",
        ),
        (CPR, "CreateUserInput"),
        (None, "CreateUserInput"),
    ],
)
async def test_a_variable_of_the_wrong_form_is_not_repeated(given, told, asker, person):
    administrator = await person("user_administrator")

    response = await asker.post(administrator, CREATE, {"accept-language": "en"}, input=given)

    assert CPR not in response.text
    answer = response.json()
    assert answer.get("data") is None
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"INVALID"}
    assert told in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    "document",
    [
        literal(f'"{CPR}"'),
        literal(CPR),
        literal(f'{{cprNumber: "{CPR}", dateOfBirth: "1990-01-31"}}'),
        literal(f'{{cprNumber: "{CPR}" "{CPR}"}}'),
        literal(f'{{cprNumber: "{CPR}", {CPR}}}'),
        literal(f'{{number: "{CPR}"}}'),
        literal(f'{{cprNumber: "{CPR}"}}', f'targetAssuranceLevel: "{CPR}"'),
        literal(f'{{cprNumber: "{CPR}"}}', f"targetAssuranceLevel: {CPR}"),
        literal(f'{{cprNumber: "{CPR}"}}', f"targetAssuranceLevel: CPR{CPR}"),
        literal(f'{{cprNumber: "{CPR}"}}', f'isAnonymous: "{CPR}"'),
        literal(f'{{cprNumber: "{CPR}"', f'email: "{CPR}"'),
        CPR,
        f'"{CPR}"',
        f"{{ viewer {{ {CPR} }} }}",
        f"{{ viewer({CPR}: 1) {{ language }} }}",
        f"query ($id: {CPR}) {{ node(id: $id) {{ id }} }}",
        f'query ($first: Int = "{CPR}") {{ users(first: $first) {{ totalCount }} }}',
        f"{{ users(first: {CPR}) {{ totalCount }} }}",
        f'{{ users(first: "{CPR}") {{ totalCount }} }}',
        f"{{ users(filter: {{status: [CPR{CPR}]}}) {{ totalCount }} }}",
        f'{{ user(by: {{cprNumber: "{CPR}", email: "anne@example.dk"}}) {{ id }} }}',
        f'{{ user(by: {{cprNumber: "{CPR}0"}}) {{ id }} }}',
        f'{{ node(id: ["{CPR}", "{CPR}"]) {{ id }} }}',
        f'{{ viewer {{ language @include(if: "{CPR}") }} }}',
        f'{{ viewer {{ can(permission: "{CPR}") }} }}',
        f'{{ user(by: {{cprNumber: "{CPR}"}}) {{ id }} user(by: {{uuid: "{CPR}"}}) {{ id }} }}',
    ],
)
async def test_a_value_in_a_document_that_is_wrong_is_not_repeated(document, asker, person):
    administrator = await person("user_administrator")

    response = await asker.post(administrator, document)

    assert CPR not in response.text
    assert {one["extensions"]["code"] for one in response.json()["errors"]} == {"INVALID"}
