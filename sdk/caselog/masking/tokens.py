"""Credentials that are known by their look alone: the tokens and keys of some sixty services.

A token is a long run without white space, and few words are as long. So the runs are found first, which is cheap, and
the services' forms are looked for in the runs only.
"""

from __future__ import annotations

import re
from typing import Callable

#: Shorter than any token: a word of this length is nothing private by its look.
SHORTEST_TOKEN = 15
_RUN = re.compile(rf"(?<![A-Za-z0-9_.\-])[A-Za-z0-9_.\-]{{{SHORTEST_TOKEN},}}")
# What an escape leaves before a token: the "n" of a line break in a repr, the "20" of a URL's space, a colour's "32m".
_ESCAPE = re.compile(r"(?<=\\)[nrt]|(?<=%)[0-9A-Fa-f]{2}|(?<=\[)[0-9;]{1,5}m")

_FORMS = r"""
      eyJ[\w-]{6,}(?:\.[\w-]*){1,4} | eyJ[\w-]{37,}                        # JWT, JWE; JSON in base64
    | sk-(?:proj|ant|lf|or|svcacct|admin)-[\w-]{16,} | sk-[A-Za-z0-9]{20,}  # OpenAI, Anthropic, Langfuse, OpenRouter
    | sk-(?=[\w-]*[A-Z0-9])[\w-]{16,} | [srp]k_(?:live|test)_\w{10,}       # others; Stripe
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
    | key-[0-9a-f]{32} | [0-9a-f]{32}-us\d{1,2} | LS0tLS1CRUdJTi[A-Za-z0-9]{10,}
"""
_TOKEN = re.compile(rf"(?<![A-Za-z0-9])(?:{_FORMS})", re.VERBOSE)

#: Forms with characters that end a run, each behind a literal that it cannot do without.
_LONGER: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("services/T", re.compile(r"(?<=services/)T\w{5,}/B\w{5,}/\w{16,}")),  # Slack's webhooks
    ("webhooks/", re.compile(r"(?<=webhooks/)\d{10,}/[\w-]{40,}")),  # Discord's
    ("webhookb2/", re.compile(r"(?<=webhookb2/)[\w@/-]{40,}")),  # Teams'
    (":AA", re.compile(r"(?<![0-9])[0-9]{8,10}:AA[\w-]{33}")),  # Telegram's bots
    ("$production$", re.compile(r"access_token\$production\$\w+\$\w{16,}")),  # Braintree
    ("1//0", re.compile(r"(?<![A-Za-z0-9])1//0[\w-]{30,}")),  # Google's refresh tokens
    ("IQoJ", re.compile(r"(?<![A-Za-z0-9])IQoJ[A-Za-z0-9/+=]{60,}")),  # AWS session tokens
    ("oG", re.compile(r"(?<![A-Za-z0-9])F[wQ]oG[A-Za-z0-9/+=]{60,}")),
    ("==", re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{86}==")),  # Azure's storage keys
    ("8Q~", re.compile(r"[\w~.-]{3}8Q~[\w~.-]{31,34}")),  # Azure's client secrets
)
# Forty characters of base64 with both cases and a digit, and not a path: an AWS secret access key.
_AWS_SECRET = re.compile(
    r"(?<![A-Za-z0-9/+])(?=[A-Za-z/+]{0,39}[0-9])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])"
    r"(?!(?:[A-Za-z0-9+]*/){4})[A-Za-z0-9/+]{40}(?![\w/+=-])"
)
_LONG_WORD = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}")


def replace_tokens(text: str, marker: str) -> str:
    """The text with everything in it that has the look of a token replaced by the marker."""
    longest = max(map(len, text.split()), default=0)
    if longest < SHORTEST_TOKEN:
        return text
    for literal, form in _LONGER:
        if literal in text:
            text = form.sub(marker, text)
    text = _RUN.sub(_replacer(marker), text)
    return _AWS_SECRET.sub(marker, text) if longest >= 40 and _LONG_WORD.search(text) else text


def _replacer(marker: str) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        escape = _ESCAPE.match(found.string, found.start())
        start = escape.end() - found.start() if escape else 0
        return found[0][:start] + _TOKEN.sub(marker, found[0][start:])

    return replace
