"""Facts of others that masking knows, written anew from their sources.

    python -m tests.sdk.masking_facts phones
    python -m tests.sdk.masking_facts domains PATH/public_suffix_list.dat
    python -m tests.sdk.masking_facts tokens PATH/gitleaks.toml

Tokens: the rules of gitleaks (github.com/gitleaks/gitleaks, config/gitleaks.toml, MIT). Of its rules those are taken
that know a token by its own first characters; a rule that knows it by the words around it is not: the name of a field
tells as much. Telephones: the metadata of libphonenumber, by its Python port `phonenumbers`. Domains: the top levels
in the part of ICANN of the Public Suffix List (publicsuffix.org, MPL-2.0).
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import hypothesis

FOLDER = Path(__file__).resolve().parents[2] / "sdk" / "caselog" / "masking"
_END = re.compile(r"\(\?:\[\\x60'\"\\s;\]\|\\\\\[nr\]\|\$(?:\|\\b)?\)$|\\b$|\(\?:\[\^[^\]]+\]\|\\z\)$")
_AROUND = re.compile(r"^.*\{0,5\}(?=\()", re.DOTALL)
_SHORTEST_PREFIX = 3


def phone_lengths() -> dict[int, list[int]]:
    """For each country's calling code how many digits may follow it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    found: dict[int, list[int]] = {}
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        lengths: set[int] = set()
        for region in regions:
            metadata: Any = (
                PhoneMetadata.metadata_for_nongeo_region(code)
                if region == "001"
                else PhoneMetadata.metadata_for_region(region)
            )
            lengths |= set(metadata.general_desc.possible_length)
        found[code] = [10] if code == 1 else sorted(lengths)  # +1 and seven digits is dialled nowhere
    return found


def token_forms(rules: list[dict[str, Any]]) -> dict[str, str]:
    """For each rule that knows a token by its first characters, the form as Python's `re` reads it."""
    forms = {rule["id"]: _form_of(rule["regex"]) for rule in rules if rule.get("regex")}
    return {name: form for name, form in sorted(forms.items()) if form and _has_prefix(form)}


def _form_of(regex: str) -> str | None:
    folds = regex.startswith(r"(?i)")
    regex = _AROUND.sub("", regex) if "{0,5}(" in regex else regex
    regex = _END.sub("", _END.sub("", regex)).removeprefix("(?i)").removeprefix(r"\b")
    while regex.startswith("(") and not regex.startswith("(?") and _closes_at_end(regex):
        regex = regex[1:-1]
    regex = regex.replace("[[:alnum:]]", "[A-Za-z0-9]").removeprefix(r"\b").replace(r"\x60", "`")
    head, inline, tail = regex.partition("(?i)")
    form = f"{head}(?i:{tail})" if inline else f"(?i:{head})" if folds else head
    try:
        re.compile(form)
    except re.error:
        return None
    return form


def _closes_at_end(regex: str) -> bool:
    depth = 0
    for place, char in enumerate(regex):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return place == len(regex) - 1
    return False


def _has_prefix(form: str) -> bool:
    prefix = re.match(r"(?:\(\?i:)?([\w-]+(?:\\[.-][\w-]+)*)", form)
    after = form[prefix.end() : prefix.end() + 1] if prefix else ""
    size = len(prefix[1].replace("\\", "")) - (after in ("?", "*", "{")) if prefix else 0
    return size >= _SHORTEST_PREFIX and not any(part in form for part in (" ", "http", "(?P<"))


def top_levels(listed: str) -> list[str]:
    """The last labels of the suffixes that ICANN knows."""
    icann = listed.partition("===BEGIN ICANN DOMAINS===")[2].partition("===END ICANN DOMAINS===")[0]
    rules = (line.strip() for line in icann.splitlines())
    known = {rule.rpartition(".")[2].lower() for rule in rules if rule and not rule.startswith("//")}
    # IANA's own list, as the test tool carries it: some of it the other has dropped.
    iana = Path(hypothesis.__file__).parent / "vendor" / "tlds-alpha-by-domain.txt"
    lines = iana.read_text(encoding="utf-8").lower().splitlines()
    return sorted(known | {line for line in lines if line.isalpha()})


def write_domains(source: Path) -> None:
    _write(
        "top_levels.py",
        '"""Top-level domains: the part of ICANN of the Public Suffix List (publicsuffix.org, MPL-2.0), as facts.\n\n'
        'Written by ``python -m tests.sdk.masking_facts domains public_suffix_list.dat``.\n"""\n\n'
        "# ruff: noqa: E501 - a list\n\nfrom __future__ import annotations\n\n"
        "_RESERVED = (\n"
        "    # RFC 2606, RFC 6761, RFC 6762, and what networks at home and in firms use\n"
        '    "example test invalid localhost local localdomain internal intranet private lan home corp onion"\n)\n'
        f"_TOP_LEVELS = (\n{_wrap(top_levels(source.read_text(encoding='utf-8')))})\n\n"
        "#: Top levels under which people have e-mail addresses.\n"
        "TOP_LEVELS = frozenset((*_RESERVED.split(), *_TOP_LEVELS.split()))\n",
    )


def write_phones() -> None:
    pairs = [f"{code}:{','.join(map(str, lengths))}" for code, lengths in phone_lengths().items()]
    _write(
        "phone_lengths.py",
        '"""How many digits follow a country\'s calling code: libphonenumber\'s metadata (Apache-2.0), as facts.\n\n'
        'Written by ``python -m tests.sdk.masking_facts phones``.\n"""\n\nfrom __future__ import annotations\n\n'
        f"_LENGTHS = (\n{_wrap(pairs)})\n\n"
        "#: By calling code.\n"
        "PHONE_LENGTHS: dict[str, frozenset[int]] = {\n"
        '    code: frozenset(map(int, lengths.split(",")))\n'
        '    for code, _, lengths in (pair.partition(":") for pair in _LENGTHS.split())\n}\n',
    )


def write_tokens(source: Path) -> None:
    rules = tomllib.loads(source.read_text(encoding="utf-8"))["rules"]
    lines = "".join(f'    ({name!r}, r"""{form}"""),\n' for name, form in token_forms(rules).items())
    _write(
        "token_forms.py",
        '"""Forms of the tokens of services, as gitleaks knows them (github.com/gitleaks/gitleaks, MIT).\n\n'
        'Written by ``python -m tests.sdk.masking_facts tokens gitleaks.toml``: change nothing here by hand.\n"""\n\n'
        "# ruff: noqa: E501, S105, S106 - forms, not tokens\n\nfrom __future__ import annotations\n\n"
        f"# fmt: off\nTOKEN_FORMS: tuple[tuple[str, str], ...] = (\n{lines})\n# fmt: on\n",
    )


def _wrap(words: list[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > 90:
            lines.append("")
        lines[-1] += f"{word} "
    return "".join(f'    "{line}"\n' for line in lines)


def _write(name: str, text: str) -> None:
    (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "phones":
        write_phones()
    elif sys.argv[1] == "domains":
        write_domains(Path(sys.argv[2]))
    else:
        write_tokens(Path(sys.argv[2]))
