"""Which fields hold the name of a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .foreign import is_name_word, judge_foreign
from .kinds import NAME
from .name_words import join_name, split_name
from .no_names import is_organisation, is_thing
from .schemas import is_schema

_NAMES = frozenset(
    ("surname", "lastname", "firstname", "fullname", "middlename", "givenname", "familyname", "forename", "nickname",
     "fname", "lname", "vorname", "nachname", "cardholdername")
)  # fmt: skip
# Under these a plain string is a person's name.
_PERSONS = frozenset(
    ("customer", "customers", "passenger", "passengers", "person", "persons", "people", "guest", "guests", "patient",
     "patients", "recipient", "recipients", "sender", "traveler", "travelers", "traveller", "travellers", "attendee",
     "attendees", "employee", "employees", "holder", "cardholder", "participant", "participants", "visitor",
     "visitors", "applicant", "insured", "requester", "requestor", "assignee", "assignees", "buyer", "payee", "payer",
     "beneficiary", "beneficiaries", "student", "students", "doctor", "doctors", "spouse", "claimant", "policyholder",
     "subscriber", "subscribers")
)  # fmt: skip
# Under these a string may as well be an id, a text or a place; written like a name it is one.
_PERSONS_OR_ELSE = frozenset(
    ("user", "users", "contact", "contacts", "owner", "author", "member", "members", "lead")
)
_OWNERS_OF_NAMES = frozenset((*_PERSONS, *_PERSONS_OR_ELSE, "from", "to", "billing", "shipping"))
_OBJECTS_WITH_NAMES = frozenset((*_OWNERS_OF_NAMES, "profile"))
# A client or a driver is a program as often as a person: only a first and a last name tell.
_PROGRAMS_OR_PERSONS = frozenset(
    (
        "client",
        "clients",
        "driver",
        "drivers",
        "caller",
        "callers",
        "reporter",
        "reviewer",
        "approver",
        "tenant",
    )
)
_PERSONS_OR_PROGRAMS = frozenset(("client", "caller", "reporter", "reviewer", "approver"))
#: What people do to things: "created_by".
_DONE_BY = frozenset(
    ("created", "updated", "modified", "approved", "signed", "reported", "requested", "submitted", "assigned",
     "reviewed", "written", "prepared", "booked", "edited")
)  # fmt: skip
_DETAILS = frozenset(
    (("billing", "details"), ("billing", "address"), ("shipping", "details"), ("shipping", "address"))
)
_KINDS_OF_NAME = frozenset(
    ("first", "last", "middle", "full", "given", "family", "display", "maiden", "legal", "nick")
)
_PARTS_OF_NAME = frozenset(("first", "last", "middle", "given", "family"))
_FIRST_NAMES = ("firstname", "givenname", "forename", "fname", "vorname", "first", "given")
_LAST_NAMES = ("lastname", "familyname", "surname", "lname", "nachname", "last", "family")
#: Families are called what companies are.
_FAMILIES = frozenset(("surname", "lastname", "familyname", "last", "family", "nachname", "lname"))
#: Of schema.org, FHIR and their like.
_TYPE_FIELDS = ("@type", "resourceType", "type", "objectType")
_TYPES_OF_PERSONS = frozenset(("Person", "person", "Patient", "Practitioner", "RelatedPerson"))
#: For the docs, as `field_names.TELLING`; after a dot stands what is in the object.
TELLING: tuple[tuple[str, str, Iterable[str]], ...] = (
    (NAME, "*_{}", _NAMES),
    (NAME, "{}_name", (*_OWNERS_OF_NAMES, *_KINDS_OF_NAME)),
    (NAME, "{}.name", _OBJECTS_WITH_NAMES),
    (NAME, "*_{}", (*_PERSONS, *_PERSONS_OR_ELSE)),
)
#: Of a list of customers there is a first and a last one.
_SINGLE_PERSONS = frozenset(word for word in (*_PERSONS, *_PERSONS_OR_ELSE) if not word.endswith("s"))
# Repositories, models and the like have full and displayed names too.
_ALSO_OF_THINGS = frozenset(("full", "display", "legal"))
_THINGS = frozenset(
    ("repo", "repos", "repository", "repositories", "project", "projects", "organization", "organisation", "org",
     "company", "model", "models", "tool", "tools", "function", "package", "node", "nodes", "agent", "agents", "team",
     "channel", "workflow", "product", "products", "service", "app", "file", "branch", "image")
)  # fmt: skip
_OF_PERSONS = frozenset(
    ("email", "emails", "mail", "phone", "phones", "telephone", "mobile", "address", "addresses", "birthday",
     "birthdate", "birth", "dob")
)  # fmt: skip
#: A `name` beside one of these is a node's or a tool's.
_OF_STEPS = frozenset(
    ("role", "toolcallid", "arguments", "parameters", "input", "output", "inputs", "outputs")
)
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u200c\u200d])"
_LIKE_NAMES = re.compile(rf"{_LETTER}+(?:[ .'’,\-]{{1,2}}{_LETTER}+)*\.?")
#: ``CreateConnectorProfile``, ``my-inbound-endpoint``.
_IDENTIFIER = re.compile(r"(?=.{14})[A-Z][a-z]+(?:[A-Z][a-z]+){2,}|[a-z0-9]+(?:[-_][a-z0-9]+){2,}")
_PATH = re.compile(r"/|\w\.\w")
#: In lower case within names and before them: "von der Leyen", "de Souza".
PARTICLES = frozenset(
    ("van", "von", "vom", "zu", "zur", "zum", "der", "den", "des", "de", "da", "di", "du", "do", "dos", "das", "del",
     "della", "dello", "dei", "degli", "dal", "la", "las", "le", "los", "lo", "bin", "bint", "ibn", "abu", "ben", "al",
     "el", "y", "e", "ter", "ten", "te", "op", "het", "af", "av", "san", "santa", "st", "st.", "mac")
)  # fmt: skip
#: Before a name, and never one.
TITLE_WORDS = frozenset(
    ("dr", "prof", "mx", "mr", "mrs", "ms", "miss", "herr", "herrn", "frau", "monsieur", "madame", "mme", "mlle",
     "señora", "señor", "sra", "sr", "signora", "signor", "sig", "senhora", "senhor", "dhr", "mevr", "mevrouw",
     "meneer", "heer", "ing", "dipl", "mag", "rev", "hon", "doktor", "professor", "panie", "pani", "pane", "paní",
     "κύριε", "κυρία", "господин", "госпожа", "пане", "пані", "bapak", "ibu")
)  # fmt: skip
_LONGEST_NAME = 60
NOBODY = frozenset(
    ("unknown", "none", "null", "anonymous", "guest", "self", "me", "user", "customer", "agent", "assistant", "bot",
     "system", "human", "ai", "admin", "root", "true", "false", "yes", "no", "default")
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_persons_name(name: str, parent: str = "") -> bool:
    """Whether a name of a field says that its value is a person's name; a node's or a tool's ``name`` is none.

    >>> is_persons_name("firstName"), is_persons_name("name", parent="passengers"), is_persons_name("name", "nodes")
    (True, True, False)
    """
    words = split_name(name)
    if judge_foreign(words, name) == NAME:
        return True
    if is_name_word(words, name):
        words = ("name",)
    if not words:
        return False
    if words[-1] in _NAMES or (words[-2:-1] == ("name",) and words[-1] in _KINDS_OF_NAME):
        return True
    above = split_name(parent)
    if words[-1] not in ("name", "names"):
        return (
            words[0] in _PARTS_OF_NAME
            and len(words) == 1
            and above[-1:] != ()
            and above[-1] in _SINGLE_PERSONS
        )
    return (
        _owns_names(words[:-1], above, _OWNERS_OF_NAMES)
        if words[:-1]
        else _owns_names(above, (), _OBJECTS_WITH_NAMES)
    )


def _owns_names(owner: tuple[str, ...], above: tuple[str, ...], owners: frozenset[str]) -> bool:
    if not owner:
        return False
    if owner[-1] in _ALSO_OF_THINGS:
        return _THINGS.isdisjoint((*owner, *above))
    return owner[-1] in owners or owner[-1] in _KINDS_OF_NAME or owner[-2:] in _DETAILS


@lru_cache(maxsize=1024)
def names_person_together(fields: tuple[str, ...]) -> bool:
    """Whether the ``name`` among these fields of one object is a person's: people have e-mail addresses.

    >>> names_person_together(("name", "email")), names_person_together(("name", "arguments", "email"))
    (True, False)
    """
    joined = ["name" if names_itself(field) else join_name(field) for field in fields]
    if "name" not in joined or not _OF_STEPS.isdisjoint(joined):
        return False
    return any(not _OF_PERSONS.isdisjoint(split_name(field)[-2:]) for field in fields)


@lru_cache(maxsize=1024)
def find_parts_of_name(fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of one object that hold a first and a last name, or none.

    >>> find_parts_of_name(("id", "first_name", "last_name")), find_parts_of_name(("last_name", "id"))
    (('first_name', 'last_name'), ())
    """
    joined = {join_name(field): field for field in reversed(fields)}
    first = next((joined[name] for name in _FIRST_NAMES if name in joined), None)
    last = next((joined[name] for name in _LAST_NAMES if name in joined), None)
    return (first, last) if first is not None and last is not None else ()


def is_typed_person(fields: dict[str, Any]) -> bool:
    """Whether an object says of itself that it is a person: ``{"@type": "Person", "name": ...}``.

    >>> is_typed_person({"@type": "Person", "name": "Ada"}), is_typed_person({"type": "function", "name": "f"})
    (True, False)
    """
    return any(
        isinstance(kind := fields[field], str) and kind in _TYPES_OF_PERSONS
        for field in _list_types(tuple(fields))
    )


@lru_cache(maxsize=1024)
def _list_types(fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of an object with a name that say what it is."""
    return tuple(filter(_TYPE_FIELDS.__contains__, fields)) if any(map(names_itself, fields)) else ()


def names_itself(field: str) -> bool:
    """Whether a field is called "name", in whatever language."""
    return join_name(field) == "name" or is_name_word(split_name(field), field)


def _has_parts_of_name(value: Any) -> bool:
    """Whether what stands under "name" has a first and a last one: ``{"first": ..., "last": ...}``, in a list too."""
    if isinstance(value, dict):
        return bool(find_parts_of_name(tuple(value))) and can_be_name(value, "")
    return isinstance(value, (list, tuple)) and bool(value) and all(map(_has_parts_of_name, value))


def is_name(value: Any, name: str, parent: str) -> bool:
    """Whether the value is the name of a person, by the name of its field and by itself."""
    if not isinstance(value, str) and names_itself(name) and _has_parts_of_name(value):
        return True
    if is_persons_name(name, parent):
        return can_be_name(value, name)
    return isinstance(value, str) and _is_person(value, name, parent)


def may_hold_name(name: str, parent: str) -> bool:
    """Whether a field of this name may hold a person's name, with the right value."""
    return is_persons_name(name, parent) or bool(_kind_of_person(name, parent)) or names_itself(name)


def can_be_name(value: Any, name: str) -> bool:
    """Whether a field for a person's name holds one: a text, or texts."""
    if isinstance(value, str):
        return value != "" and not _is_of_thing(value, split_name(name))
    if isinstance(value, dict):
        return not is_schema(value) and any(can_be_name(item, "") for item in value.values())
    return isinstance(value, (list, tuple)) and any(can_be_name(item, "") for item in value)


def _is_of_thing(value: str, words: tuple[str, ...]) -> bool:
    """Whether a text under a name for persons and things is a thing's."""
    if words and not _FAMILIES & {*words} and is_organisation(value):
        return True
    if "full" in words or "fullname" in words:
        # "octocat/hello-world" is a repository, "builtins.dict" a type.
        return bool(_PATH.search(value))
    if _IDENTIFIER.fullmatch(value):
        return True
    # "fname" is a file as often as a first name.
    return words[-1:] in (("fname",), ("lname",)) and not (
        _LIKE_NAMES.fullmatch(value) and _is_written_like_name(value)
    )


def _is_person(value: str, name: str, parent: str) -> bool:
    kind = _kind_of_person(name, parent)
    if not kind or len(value) > _LONGEST_NAME or not _LIKE_NAMES.fullmatch(value) or value.lower() in NOBODY:
        return False
    if is_thing(value):
        return False
    return _is_written_like_name(value) and (kind in ("person", "perhaps") or " " in value)


def _is_written_like_name(value: str) -> bool:
    return all(word[0] == word[0].upper() or word in PARTICLES for word in value.split())


@lru_cache(maxsize=4096)
def _kind_of_person(name: str, parent: str) -> str:
    """Who stands under a name as a plain string: a ``person``, ``perhaps`` one, a ``program`` or one, or nobody."""
    last = split_name(name)[-1:]
    if not last:
        return ""
    if last == ("name",):
        owner = split_name(name)[-2:-1] or split_name(parent)[-1:]
        return "program" if owner and owner[0] in _PROGRAMS_OR_PERSONS else ""
    if last == ("by",):
        return "program" if split_name(name)[-2:-1] and split_name(name)[-2] in _DONE_BY else ""
    if last[0] in _PERSONS_OR_PROGRAMS:
        return "program"
    return "person" if last[0] in _PERSONS else "perhaps" if last[0] in _PERSONS_OR_ELSE else ""


@lru_cache(maxsize=4096)
def may_name_person(name: str) -> bool:
    """Whether a field of this name may hold a person's name, by itself or with the fields around it."""
    return (
        names_itself(name)
        or bool(_kind_of_person(name, ""))
        or is_persons_name(name, "customer")
        or is_persons_name(name)
    )
