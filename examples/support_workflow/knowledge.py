"""A help centre: a few articles, and a search that ranks them by how telling the shared words are."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple


class Article(NamedTuple):
    """One page of the help centre."""

    article_id: str
    title: str
    text: str


def _read_articles(text: str) -> tuple[Article, ...]:
    """Articles of a Markdown text, each below a heading with its id and title."""
    found = re.findall(r"^## (\S+) (.+)\n+((?:(?!## ).*\n?)*)", text, re.MULTILINE)
    return tuple(Article(number, title, " ".join(body.split())) for number, title, body in found)


ARTICLES: Final = _read_articles(Path(__file__).with_name("help_centre.md").read_text(encoding="utf-8"))

_COMMON: Final = (
    "a an and are as at be but by can for from has have i if in is it me my no not of on or our please so that the "
    "there this to us was we when with you your"
)


def words(text: str) -> list[str]:
    """The telling words of a text, without their endings.

    >>> words("Where are my parcels?")
    ['where', 'parcel']
    """
    common = _COMMON.split()
    found = re.findall(r"[a-z0-9]+", text.lower())
    return [
        re.sub(r"(ies|es|s|ed|ing)$", "", word) if len(word) > 4 else word
        for word in found
        if word not in common
    ]


_WORDS: Final = {
    article: Counter(words(f"{article.title} {article.title} {article.text}")) for article in ARTICLES
}


def _weight(word: str) -> float:
    """How telling a word is: the rarer in the help centre, the more (inverse document frequency)."""
    return math.log((1 + len(ARTICLES)) / (1 + sum(word in counts for counts in _WORDS.values())))


def rank_articles(query: str, limit: int) -> list[tuple[Article, float]]:
    """The best articles and how well each covers the query, from 0 to 1; those that share nothing are left out.

    >>> [(article.article_id, score) for article, score in rank_articles("api 401 unauthorized", limit=1)]
    [('KB-130', 1.0)]
    """
    asked = set(words(query))
    total = sum(_weight(word) for word in asked) or 1.0
    scores = {
        article: sum(_weight(word) for word in asked if word in counts) / total
        for article, counts in _WORDS.items()
    }
    best = sorted(ARTICLES, key=lambda article: -scores[article])[:limit]
    return [(article, round(scores[article], 3)) for article in best if scores[article] > 0]
