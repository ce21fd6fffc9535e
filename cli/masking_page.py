"""``docs/masking.md``: every rule of masking, every word and every form, printed from the tables that the SDK runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from caselog.masking import people
from caselog.masking.field_names import TELLING, TELLING_NOTHING
from caselog.masking.languages import LANGUAGES, Words
from caselog.masking.report import RULES_WITHOUT_TEXT
from caselog.masking.rules import RULES
from caselog.masking.token_forms import TOKEN_FORMS
from caselog.masking.tokens import AWS_SECRET, LONGER, OWN_FORMS
from cli.markdown import WRITTEN, code, table

_INTRO: Final = """# What is masked, and how it is found

The SDK looks at every string of a log, names of fields included, before anything leaves the process. What is
private is replaced where it stands; not one character else changes, so that code, URLs, JSON inside strings and
every script come back as they were. A text that is percent-encoded, has HTML's entities, JSON's or Python's
escapes, other digits, characters that are not seen, or is readable text in base64, is read, and what is found in
the reading is replaced in the text as it was sent.

| private | becomes |
|---|---|
| secrets | `[secret]` |
| card numbers, their codes and dates | `[card]` |
| bank accounts | `[iban]` |
| e-mail addresses | `email:3f9a...`, a keyed hash: the same address is the same hash in all logs of a client |
| telephone numbers | `phone:81c0...`, a keyed hash of the digits |
| names of people | `[name]`; `CASELOG_MASK=-names` leaves them |

Where two finds overlap, they are replaced as one, with the mark that stands first in the table above. A text that a
rule fails on, or has no end with, is replaced whole by `[not maskable: ...]`. Base64 (images, signatures, encrypted
reasoning), hashes, UUIDs, differences of files, sums and tables of sizes stay whole. What was masked is told in the
log's field `sdk.masked`, by what it was, by which rule and where, never by its content (see [the log](log.md));
`python -m caselog preview FILE` shows it for a log before anything is sent.

## By field

A value is private by the name it stands under (`api_key`, `X-Api-Key`, `userPassword`, `card_number`, `phone`,
`iban`, `first_name`, the `name` of a `customer`), in the languages below too, by the field beside it (`{"name":
"X-Api-Key", "value": ...}`), or by what stands before it in a list (`["--password", ...]`). What only sounds like
one is left: `output_tokens`, `password_required`, a `salt` of `2 tsp`, the words of a JSON schema.

{by_field}
Names are compared by their words in lower case, however these are joined (`apiKey`, `API-Key`, `api_key`); `*` is any
other words, and what is "not private" counts before the rest. In the last row of `name` a value counts where it is
written like a name; as a first and a last name it does under `client`, `caller`, `reporter`, `reviewer`, `approver` and
`created_by` (`updated_by`, `approved_by`, ...) too. A `name` of parts (`{"first": ..., "last": ...}`), and the `name`
of an object that has an e-mail address or calls itself a person (`{"@type": "Person", ...}`), is a person's.
Organisations are left: a value with a word such as Corp, Inc, Ltd, GmbH, Team or Department in it.

## Names of people

A person's name is found by its field; in a text behind a greeting (`Dear ...`), a title (`Ms. ...`) or "my name
is", under the last line of a letter, in the head of a mail, and before an address (`Ada <ada@example.com>`).
**Once it is known in a ticket it is found wherever it stands in that ticket**: the full name in any case, over any
white space, and joined to a user name (`ada_lovelace`, `lovelace.ada`, `AdaLovelace`); a part of it with its capital
(or in capitals, if it is not as short as a code), unless the same word stands in lower case in the ticket too,
or is a month or a day.

Not found are: a name that stands in none of these places (`Ada called again`, and no field says who Ada is; `From: Ada
Lovelace` without a subject; `Name: Ada Lovelace` beside nothing that people have), since that would take a model of the
language; ids with a number (`ada_lovelace_12`), by which the customer is found in the client's own system, and those
made of a part of a name or of initials (`alovelace`, `ada12`); inflected names (`Анне Петровой` for `Анна Петрова`); a
part of a name in a script without capitals, but for full names in Korean, Chinese and Japanese; a known
name whose letters are percent-encoded elsewhere. Where no name may leave, remove the bodies (`CASELOG_MASK=bodies`) or
send no trace
(`CASELOG_LEVEL=METRICS_ONLY`).

Where text in base64 or in hexadecimal digits holds anything private, the whole word is replaced, also in base64 of
base64. Not read: quoted-printable (but for its `=40`), octal escapes, compressed text, a `+` for a space.
A number of North America has one hash with its +1 and without. Any other is known by the digits that are written:
`0171 2345678` and `+49 171 2345678` are two hashes, and a national number with neither a word nor a field is not found.

Dates of birth, postal addresses and numbers of passports are not looked for: they are for `caselog.set_mask`.

## In a text

"""

_SOURCES: Final = """
Forms of tokens: gitleaks (MIT), and some of our own. Lengths of telephone numbers: libphonenumber (Apache-2.0).
Top-level domains: the Public Suffix List (MPL-2.0). All three are facts taken from there, written by
`python -m tests.sdk.masking_facts`.
"""

_LANGUAGES_INTRO: Final = """
## Words, by language

The words for a password, a code and a telephone count as names of fields and in texts, those for a person's name that
only people have (`apellido`, `фамилия`, `姓名`) as well. Words as general as "name" (`nombre`, `nom`, `nama`, `名前`,
`이름`), which stand last in the column, count as `name` does: where the object is a person's, and in a text where a
telephone, an address or a word for a person stands too, or a surname of Chinese or Korean behind them.

"""

_LETTERS_INTRO: Final = """
## Words beside names of people, by language

"""

_LABELS_INTRO: Final = """
And those before a colon and a name (`Customer: Mei Patel`), around a name, and between a word for a secret and the
secret:

"""

_FORMS_INTRO: Final = """
## Forms of tokens

Regular expressions, each looked for where a word begins. First our own, for the rule "token" (spaces and what follows
a `#` are no part of them):

"""

_RULES_INTRO: Final = """
## Other names of rules

`sdk.masked` and `preview` name the rules of the table above, and:

"""


def masking_page() -> str:
    """``docs/masking.md``."""
    rules = [(rule.name, rule.finds, _examples(rule.matches), _examples(rule.leaves)) for rule in RULES]
    return "".join(
        (
            WRITTEN,
            _INTRO.replace("{by_field}", _field_words()),
            table(("rule", "finds", "such as (between » and «)", "leaves"), rules),
            _RULES_INTRO,
            table(
                ("rule", "what was masked by it"),
                [(f"{name}", told) for name, told in RULES_WITHOUT_TEXT.items()],
            ),
            _LANGUAGES_INTRO,
            _by_language(("password", "code", "telephone", "name of a person"), _words),
            _LETTERS_INTRO,
            _by_language(("my name is", "greeting", "end of a letter", "title"), _letters),
            _LABELS_INTRO,
            _by_language(("a customer", "a name", "said with respect", "my, of a secret"), _labels),
            _FORMS_INTRO,
            _token_forms(),
            _SOURCES,
        )
    )


def _examples(examples: Sequence[str]) -> str:
    return "<br>".join(map(code, examples))


def _field_words() -> str:
    private = [
        (kind, f"`{form.format('…')}`", _list(words)) for kind, form, words in (*TELLING, *people.TELLING)
    ]
    others = [("not private", f"`{form.format('…')}`", _list(words)) for form, words in TELLING_NOTHING]
    return table(("what stands there", "name of the field", "where … is one of"), [*private, *others])


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def _by_language(head: Sequence[str], read: Callable[[Words], Iterator[Sequence[str]]]) -> str:
    rows = [(language, *(", ".join(terms) for terms in read(known))) for language, known in LANGUAGES.items()]
    return table(("language", *head), [row for row in rows if any(row[1:])])


def _words(known: Words) -> Iterator[Sequence[str]]:
    yield from (known.password, known.code, known.phone, (*known.person, *known.name))


def _letters(known: Words) -> Iterator[Sequence[str]]:
    yield from ((*known.i_am, *known.am), known.greeting, known.closing, known.title)


def _labels(known: Words) -> Iterator[Sequence[str]]:
    yield from (known.customer, known.named, known.honorific, known.mine)


def _token_forms() -> str:
    longer = [("token", AWS_SECRET.pattern), *(("webhook", form.pattern) for _, form in LONGER)]
    listed = "".join(f"{rule:<42} {form}\n" for rule, form in (*longer, *TOKEN_FORMS))
    own = textwrap.dedent(OWN_FORMS).strip()
    then = 'Then the secret keys of AWS, those of the rule "webhook", and by service:'
    return f"```text\n{own}\n```\n\n{then}\n\n```text\n{listed}```\n"
