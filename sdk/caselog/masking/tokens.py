"""Credentials that are known by their look alone: the tokens and keys of some hundred and fifty services.

A token is a long run without white space, and few words are as long. So the runs are found first, which is cheap, and
the services' forms are looked for in the runs only.
"""

# ruff: noqa: E501 - a list of forms

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .kinds import SECRET
from .token_forms import TOKEN_FORMS
from .view import SHORTEST_TOKEN, View

# What an escape leaves before a token: the "n" of a line break in a repr, the "20" of a URL's space, a colour's "32m".
_ESCAPE = re.compile(r"(?<=\\)[nrt]|(?<=%)[0-9A-Fa-f]{2}|(?<=\[)[0-9;]{1,5}m")

# Beside those of `token_forms`: forms of services that it does not know, and looser forms of some that it does.
OWN_FORMS = r"""
      eyJ[\w-]{6,}(?:\.[\w-]*){1,4} | eyJ[\w-]{37,}                        # JWT, JWE; JSON in base64
    | sk-(?:proj|ant|lf|or|svcacct|admin)-[\w-]{16,} | sk-[A-Za-z0-9]{20,}  # OpenAI, Anthropic, Langfuse, OpenRouter
    | (?<![\w-])sk-(?=[a-z_-]{0,80}[A-Z0-9])[\w-]{16,} | [srp]k_(?:live|test)_\w{10,}  # others; Stripe
    | whsec_[A-Za-z0-9_]{16,} | rzp_(?:live|test)_[A-Za-z0-9]{10,}
    | caselog_[\w-]{20,}
    | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{20,}                      # GitHub
    | gl(?:pat|rt|dt|ptt|cbt|ft|soat)-[\w-]{16,} | npm_[A-Za-z0-9]{30,} | pypi-[\w-]{30,}
    | x(?:ox[a-z]|app)-[\w-]{10,}                                          # Slack
    | hf_[A-Za-z0-9]{20,} | gsk_[A-Za-z0-9]{20,} | xai-\w{20,} | lsv2_\w{20,} | ls__\w{20,} | pplx-\w{20,}
    | r8_[A-Za-z0-9]{20,} | pcsk_\w{20,} | tvly-[\w-]{16,} | nvapi-[\w-]{20,} | ABSK[A-Za-z0-9]{40,}
    | A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])  # AWS access key ids
    | AIza[\w-]{30,} | ya29\.[\w-]{10,} | GOCSPX-[\w-]{20,}                # Google
    | SG\.[\w-]{16,}\.[\w-]{16,} | shp[a-z]{2}_[A-Za-z0-9]{20,} | do[por]_v1_\w{20,} | AGE-SECRET-KEY-1\w{20,}
    | dapi[0-9a-f]{32} | AT(?:ATT|CTT|BB)[\w-]{20,} | sq0[a-z]{3}-[\w-]{20,} | EAAA[\w-]{40,}
    | HRKU-[\w-]{20,} | NRAK-[A-Z0-9]{20,} | sntr[yu][su]?_[\w-]{30,} | hv[sb]\.[\w-]{20,}
    | \w{10,20}\.atlasv1\.[\w-]{30,}
    | dp\.(?:pt|st|sa)\.\w{20,} | ntn_\w{20,} | secret_[A-Za-z0-9]{40,} | PMAK-[\w-]{30,} | sb(?:p|_secret)_\w{20,}
    | rubygems_[0-9a-f]{30,} | gl(?:sa|c)_\w{20,} | tskey-[\w-]{16,} | pscale_(?:tkn|pw|oauth)_[\w-]{20,}
    | xkeysib-[\w-]{30,} | dckr_pat_[\w-]{20,} | ph[cx]_\w{30,} | pat-(?:eu|na)\d-[\w-]{20,} | (?:SK|AC)[0-9a-f]{32}
    | pylf_v\d+_[a-z]{2,10}_[A-Za-z0-9]{30,} | nf[pcuko]_[A-Za-z0-9]{30,} | e2b_[0-9a-f]{40}   # Logfire, Netlify, E2B
    | csk-[a-z0-9]{40,} | fc-[0-9a-f]{32} | jina_[A-Za-z0-9]{40,} | pa-[A-Za-z0-9_-]{40,} | apify_api_\w{30,}
    | re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,} | figd_[\w-]{35,} | rnd_[A-Za-z0-9]{28,} | tgp_v1_[\w-]{30,} | m0-[A-Za-z0-9]{38,}
    | ops_eyJ[\w-]{30,} | lin_(?:api|oauth)_\w{30,} | vc[pkait]_[A-Za-z0-9]{24,} | sgp_\w{36,} | bkua_[0-9a-f]{40}
    | cfut_\w{30,} | (?:us|eu)\d?-[0-9a-f]{40} | frt?-[A-Za-z0-9]{40,} | exa-[\w-]{32,} | br-[0-9a-f]{32,}
    | key-[0-9a-f]{32} | [0-9a-f]{32}-us\d{1,2} | LS0tLS1CRUdJTi[A-Za-z0-9]{10,}
"""
_KNOWN = "|".join(re.sub(r"([ #])", r"\\\1", form) for _, form in TOKEN_FORMS)
_TOKEN = re.compile(rf"(?<![A-Za-z0-9])(?:{_KNOWN}|{OWN_FORMS})", re.VERBOSE)

#: Forms with characters that end a run, each behind a literal that it cannot do without.
LONGER: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("services/T", re.compile(r"(?<=services/)T\w{5,}/B\w{5,}/\w{16,}")),  # Slack's webhooks
    ("webhooks/", re.compile(r"(?<=webhooks/)\d{10,}/[\w-]{40,}")),  # Discord's
    ("webhookb2/", re.compile(r"(?<=webhookb2/)[\w@/-]{40,}")),  # Teams'
    (":AA", re.compile(r"(?<![0-9])[0-9]{8,10}:AA[\w-]{33}")),  # Telegram's bots
    ("$production$", re.compile(r"access_token\$production\$\w+\$\w{16,}")),  # Braintree
    ("1//0", re.compile(r"(?<![A-Za-z0-9+/])1//0[\w-]{30,}")),  # Google's refresh tokens
    ("IQoJ", re.compile(r"(?<![A-Za-z0-9+/])IQoJ[A-Za-z0-9/+=]{60,}")),  # AWS session tokens
    ("oG", re.compile(r"(?<![A-Za-z0-9+/])F[wQ]oG[A-Za-z0-9/+=]{60,}")),
    ("==", re.compile(r"(?<![A-Za-z0-9/+-])[A-Za-z0-9/+]{86}==")),  # Azure's storage keys
    ("8Q~", re.compile(r"[\w~.-]{3}8Q~[\w~.-]{31,34}")),  # Azure's client secrets
)
# Forty characters of base64 with both cases and a digit, and not a path: an AWS secret access key.
AWS_SECRET = re.compile(
    r"(?<![A-Za-z0-9/+])(?=[A-Za-z/+]{0,39}[0-9])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])"
    r"(?!(?:[A-Za-z0-9+]*/){4})[A-Za-z0-9/+]{40}(?![\w/+=-])"
)


#: "exa-mple-of-a-long-slug", "ntn_number_of_total_nodes_2": words and small numbers, as no token is made of.
_SLUG = re.compile(
    r"[A-Za-z0-9]{1,14}(?:[._-]{1,3}(?:[A-Z]?[a-z]{1,14}|[A-Z]{2,14}|v?[0-9]{1,4})){2,60}[._-]{0,3}"
)
_REST = re.compile(r"[A-Za-z0-9_]*")
_KEY_LENGTH = 40
_LONG_WORD = re.compile(r"[a-z]{9}|0{7}")
_FEWEST_DIGITS = 2
#: A line of base64, and a line break.
_LINE_BEFORE = re.compile(r"[A-Za-z0-9+/]{60,76}\r?\n[ \t]{0,20}\Z")
_LONGEST_LINE = 100


#: Names of tools and functions are long words too, and come again; base64 is longer, and does not.
_LONGEST_KNOWN = 200


@lru_cache(maxsize=4096)
def _find_in_known(word: str) -> tuple[tuple[int, int], ...]:
    return _find_in_word(word)


def _find_in_word(word: str) -> tuple[tuple[int, int], ...]:
    """Where in a long word tokens stand."""
    return tuple(
        (found.start(), _end_of_token(word, found))
        for found in _TOKEN.finditer(word)
        if not _SLUG.fullmatch(found[0])
    )


def _end_of_token(word: str, found: re.Match[str]) -> int:
    """Where the run ends in which a token stands: a form may know only a part of a longer one."""
    end = found.start() + len(found[0].rstrip("."))
    rest = _REST.match(word, end)
    return rest.end() if rest else end


def may_hold_token(view: View) -> bool:
    """Whether a word is as long as a token."""
    return view.has_word(SHORTEST_TOKEN)


def find_tokens(view: View) -> Iterator[tuple[int, int, str]]:
    """Everything that has the look of a token.

    >>> list(find_tokens(View("use ghp_abcdefghijklmnopqrst0123 now")))
    [(4, 32, 'secret')]
    """
    text = view.text
    for start, end in view.long_words():
        escape = _ESCAPE.match(text, start)
        begins = escape.end() if escape else start
        # Of the part alone: what stands before it is the escape's.
        word = text[begins:end]
        for first, last in (_find_in_known if len(word) <= _LONGEST_KNOWN else _find_in_word)(word):
            yield begins + first, begins + last, SECRET
        if end - start >= _KEY_LENGTH:
            for found in AWS_SECRET.finditer(text, start, end):
                if _is_random(found):
                    yield (*found.span(), SECRET)


def _is_random(found: re.Match[str]) -> bool:
    """Whether forty characters are no long name of a program, and not the last line of a certificate."""
    key = found[0]
    if _LONG_WORD.search(key) or (
        sum(map(str.isdigit, key)) < _FEWEST_DIGITS and "/" not in key and "+" not in key
    ):
        return False
    return not _LINE_BEFORE.search(found.string, max(0, found.start() - _LONGEST_LINE), found.start())


def may_hold_longer_token(view: View) -> bool:
    """Whether a word is as long as a token, and one of the literals stands there."""
    text = view.text
    return view.has_word(SHORTEST_TOKEN) and any(literal in text for literal, _ in LONGER)


def find_longer_tokens(view: View) -> Iterator[tuple[int, int, str]]:
    """Tokens with characters in them that end a word.

    >>> list(find_longer_tokens(View("bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456")))
    [(3, 48, 'secret')]
    """
    for literal, form in LONGER:
        if literal in view.text:
            for found in form.finditer(view.text):
                yield (*found.span(), SECRET)
