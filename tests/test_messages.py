"""The catalogue: everything is said in both languages, with the same placeholders."""

import copy
import re

import pytest

from models import DeviceKind, letters, messages
from models.messages import CATALOGUE, CODES, placeholders
from models.refusals import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Refusal,
    Unauthenticated,
    Unavailable,
)

TABLES = ("rules", "roles", "authenticators", "sentences", "headings", "words")
ALL_CODES = [code for code in CATALOGUE if code not in TABLES]
TEXTS = {
    **{code: CATALOGUE[code] for code in ALL_CODES},
    **{f"{code}.rule": CATALOGUE[code]["rule"] for code in ALL_CODES if "rule" in CATALOGUE[code]},
    **{f"{table}.{key}": text for table in TABLES for key, text in CATALOGUE[table].items()},
}
LETTERS = [(kind, part) for kind in letters.LETTERS for part in ("subject", "body")]
LANGUAGES = ("en", "da")
NAMED = {"role": "USER_ADMINISTRATOR", "authenticator": "CODE_DISPLAY"}  # in words of a language


@pytest.mark.parametrize("code", ALL_CODES)
def test_a_code_is_explained_in_both_languages(code):
    text = CATALOGUE[code]

    assert len({text["about"], text["en"], text["da"]}) == 3
    assert set(text) <= {"problem", "about", "en", "da", "rule"}


def test_only_problems_are_codes_of_the_enum():
    others = {"UNAUTHENTICATED", "INVALID", "REQUEST_TOO_LARGE", "PERMISSION_WITHDRAWN", "INTERNAL"}
    assert set(ALL_CODES) - set(CODES) == others
    assert CODES[0] == "NOT_FOUND"


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_placeholders(key):
    assert placeholders(TEXTS[key]["en"]) == placeholders(TEXTS[key]["da"])


@pytest.mark.parametrize("key", TEXTS)
def test_only_a_placeholder_with_a_word_of_its_own_needs_a_value(key):
    needed, _ = placeholders(TEXTS[key]["en"])

    assert needed <= set(CATALOGUE["words"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", TEXTS)
def test_without_values_no_brace_and_no_bracket_is_left(key, language):
    said = messages.fill(TEXTS[key][language], language, {})

    assert not re.search(r"[][{}]|  | [.,:]", said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ALL_CODES)
def test_a_message_is_sentences_that_the_field_may_begin(code, language):
    text = CATALOGUE[code][language]
    stripped = re.sub(r"\[[^]]*\]", "", text)

    assert text.endswith((".", ".]", "{rule}]"))
    assert stripped.find("{field}") <= 0


@pytest.mark.parametrize("table", ["rules", "sentences"])
def test_a_rule_is_a_sentence(table):
    for text in CATALOGUE[table].values():
        for language in LANGUAGES:
            said = messages.fill(text[language], language, {})
            assert said[0].isupper()
            assert said.endswith(".")


@pytest.mark.parametrize(
    "name", ["ORGANISATION_ADMINISTRATOR", "USER_ADMINISTRATOR", "RIGHTS_ADMINISTRATOR", "USER"]
)
def test_a_role_has_words(name):
    assert messages.role(name, "en") != messages.role(name, "da")


@pytest.mark.parametrize("name", ["PRIVATE_MITID", *DeviceKind, "SHARED_MITID", "LOCAL"])
def test_an_authenticator_has_words(name):
    assert messages.authenticator(name, "en")
    assert messages.authenticator(name, "da")


def test_a_value_that_is_missing_takes_its_part_of_the_sentence_along():
    assert messages.message("TOO_LONG", "en") == "The value is too long."
    assert messages.message("TOO_LONG", "da", field="email", limit=254) == (
        "email er for lang: højst 254 tegn."
    )
    assert messages.rule("TOO_LONG", "en", limit=254) == (
        "The length has a limit: at most 254 characters."
    )


def test_a_value_is_never_read_as_a_template():
    said = messages.message("TOO_LONG", "en", field="{limit}[{limit}]", limit="{field}")

    assert said == "{limit}[{limit}] is too long: at most {field} characters."


def test_a_denial_says_who_may_and_who_can_give_it():
    denied = Denied(
        permission="user:export",
        allowed_for=("ORGANISATION_ADMINISTRATOR", "USER_ADMINISTRATOR", "RIGHTS_ADMINISTRATOR"),
        grantable_by=("ORGANISATION_ADMINISTRATOR",),
    )

    assert str(denied) == (
        "You may not do this: it needs the permission user:export, which the organisation "
        "administrator, user administrator or rights administrator holds. "
        "The organisation administrator can give you that role."
    )
    assert denied.message("da") == (
        "Du må ikke gøre dette: det kræver tilladelsen user:export, som en "
        "organisationsadministrator, brugeradministrator eller rettighedsadministrator har. "
        "En organisationsadministrator kan give dig den rolle."
    )
    assert str(Denied()) == "You may not do this."


def test_a_note_says_who_can_change_it():
    roles = ("ORGANISATION_ADMINISTRATOR",)

    assert messages.sentence("change_note", "en", allowed_for=roles) == (
        "The organisation administrator can change this."
    )
    assert messages.sentence("change_note", "da", allowed_for=roles) == (
        "En organisationsadministrator kan ændre dette."
    )


def test_a_code_or_a_rule_of_no_catalogue_cannot_be_raised():
    for code in ("NOT_FUOND", "rules", "Refusal"):
        with pytest.raises(KeyError):
            Refusal(code)
    with pytest.raises(KeyError):
        Invalid("MALFORMED", constraint="p_nmuber")


def test_a_refusal_without_a_code_of_its_own_has_its_familys():
    codes = [family().code for family in (NotFound, Denied, Unavailable, Unauthenticated)]

    assert codes == ["NOT_FOUND", "DENIED", "UNAVAILABLE", "UNAUTHENTICATED"]


def test_a_refusal_tells_what_stands_in_the_way():
    conflict = Conflict("IN_USE", path=("input", "pNumber"), current="unit", usages=["user"])

    assert (conflict.current, conflict.usages) == ("unit", ("user",))
    assert str(Unavailable()).endswith("try again in 5 seconds.")
    assert copy.copy(conflict).path == ("input", "pNumber")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_an_invalid_value_always_has_a_constraint(code, language):
    assert Invalid(code).constraint_text(language)


@pytest.mark.parametrize(("kind", "part"), LETTERS)
def test_a_letter_says_the_same_in_both_languages(kind, part):
    letter = letters.LETTERS[kind]

    assert set(letter) == set(LANGUAGES)
    assert letter["en"][part] != letter["da"][part]
    needed = {language: placeholders(letter[language][part]) for language in LANGUAGES}
    assert needed["en"] == needed["da"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", letters.LETTERS)
def test_a_letter_with_what_it_needs_leaves_nothing_open(kind, language):
    template = letters.LETTERS[kind][language]
    needed, optional = placeholders(template["subject"] + template["body"])

    for names in (needed, needed | optional):
        values = dict.fromkeys(names, "xyz") | NAMED
        subject, body = letters.letter(kind, language, **values)
        assert not re.search(r"[][{}]", subject + body)
        assert "\n\n\n" not in body
        assert body.endswith("\n")
        assert body[0] != "\n"


@pytest.mark.parametrize(("kind", "part"), LETTERS)
def test_a_letter_has_no_place_for_a_secret(kind, part):
    for language in LANGUAGES:
        needed, optional = placeholders(letters.LETTERS[kind][language][part])
        assert not {name for name in needed | optional if re.search("cpr|code|password", name)}


def test_a_letter_without_what_it_needs_is_not_written():
    with pytest.raises(KeyError):
        letters.letter("activation", "en", name="Bo", organisation="Hansen")


def test_a_line_break_in_a_name_begins_no_header():
    subject, _ = letters.letter(
        "email_changed", "da", name="Bo", organisation="Hansen\r\nBcc: ond@hansen.dk"
    )

    assert subject == "Din e-mailadresse i Hansen Bcc: ond@hansen.dk er ændret"


def test_a_letter_names_a_role_in_its_language():
    values = {"name": "Bo", "organisation": "Hansen", "role": "USER_ADMINISTRATOR"}

    assert (
        "You are now user administrator in Hansen."
        in letters.letter("role_assigned", "en", **values)[1]
    )
    assert (
        "Du er ikke længere brugeradministrator i Hansen."
        in letters.letter("role_removed", "da", **values)[1]
    )
