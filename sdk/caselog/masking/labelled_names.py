"""Names of people behind a word for whoever they are: ``Customer: Mei Patel``, ``客户：王小明``, ``田中様``.

Behind a colon stands as often what a customer says. So a name must be written like one: some words with capitals, or
in scripts without capitals as many words as a name has, none of which is said; in Chinese and Korean by its surname.
"""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .kinds import NAME
from .no_names import is_thing
from .people_text import find_name_at
from .view import View
from .vocabulary import is_joined, occurrences

_JOINT = re.compile(
    r"[*_]{0,2}[ \t]{0,4}(?:\([^()\n]{1,20}\)[ \t]{0,4})?(?:[:：=][ \t]{0,4}|\|[ \t]{0,4}|[-–—][ \t]{1,4})[*_\"'`]{0,3}[ \t]{0,4}"
)
#: Behind a word for a name no colon is needed: "last name Patel", "customer name is Mei Patel".
_LOOSE = re.compile(
    r"[*_\"]{0,2}[ \t]{0,4}(?:(?:[:：=|–—-]|is|was|es|est|ist|è|é)[ \t]{1,4}|[:：=|][ \t]{0,4})?[*_\"'`]{0,3}(?<=[\s:：*\"'`|=])"
)
#: "Name:" is of things as often, and a field of JSON.
_NAME_LABEL = re.compile(r"(?<![\w\"'-])[Nn]ame(?=\*{0,2}:)")
_LIST = re.compile(
    r"[*_]{0,2}[ \t]{0,4}[:：][*_]{0,2}[ \t]{0,4}\r?\n(?=[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[ \t])"
)
_ITEM = re.compile(r"(?P<indent>[ \t]{0,8})(?:[-*•]|\d{1,2}[.)])[ \t]{1,4}[*_]{0,2}")
_MORE = re.compile(r"(?:,| and| &| und| et| y| e)[ ]")
_ENDS = re.compile(
    r"\s*(?:\Z|[\n\r,.;()|<>\"'`\[\]{}/،؛۔।，。、；（）「」]|[*_]{1,2}(?!\s*[:：])|[-–—][ ]|[ ]{2}"
    r"|(?:and|und|et|is|has|was|y|e|ve|и|dan)\b)"
)
#: Of a customer, and of whoever may speak.
_FEWEST = 2
_IN_LOWER = re.compile(
    r"[*_]{0,2}[ \t]{0,4}[:=|][*_]{0,2}[ \t]{0,4}(?P<name>[a-z]{2,20}[ ][a-z]{2,20})[ \t]{0,4}(?=[\n\r,;|]|\Z)"
)
#: In lower case behind a label: no name is told.
_NOT_SAID = frozenset(
    ("not", "no", "none", "unknown", "as", "per", "same", "see", "must", "be", "should", "is", "are", "was", "the", "a", "an", "and", "or", "of",
     "to", "in", "on", "for", "with", "your", "my", "our", "this", "that", "it", "here", "provided", "given", "missing", "empty", "string", "null",
     "text", "field", "name", "first", "last", "value", "found", "valid", "invalid", "verified", "masked", "hidden", "redacted", "too", "long",
     "short", "if", "any", "all", "optional", "user", "customer", "passenger", "guest", "tbd", "self")
)  # fmt: skip
_MOST_ITEMS = 50
_KANA = re.compile("[\u3041-\u30fa]")
_JAPANESE = ("氏名", "名前", "乗客", "担当")
_LONGEST_LABEL = 12
#: So far around a place the text tells its language.
_NEAR = 500
#: Below these, one name in each line.
_LISTED = ("passengers", "guests", "attendees", "travellers", "travelers", "customers")
#: Words in capitals that people say, or that things are called by.
_SAID = frozenset(
    ("yes", "no", "ok", "okay", "hello", "hi", "good", "morning", "evening", "afternoon", "thank", "thanks", "cancel", "order", "orders",
     "book", "booking", "change", "refund", "flight", "new", "old", "gold", "silver", "premium", "basic", "enterprise", "standard",
     "satisfaction", "id", "number", "account", "details", "information", "info", "data", "history", "profile", "request", "status",
     "type", "email", "phone", "address", "portal", "success", "experience", "journey", "relations", "interface", "guide", "manual",
     "gmbh", "ag", "kg", "inc", "inc.", "llc", "ltd", "ltd.", "plc", "corp", "corp.", "corporation", "co", "co.", "sa", "s.a.", "srl", "bv", "oy",
     "ab", "university", "hospital", "school", "hotel", "city", "street", "north", "south", "east", "west", "united", "american", "delta",
     "internal", "external", "first", "second", "third", "class", "adult", "child", "super", "widget", "effective", "global", "development")
)  # fmt: skip
#: Scripts without capitals: words that begin what somebody says.
_SAID_ELSEWHERE = frozenset(
    ("أريد", "أنا", "هل", "مرحبا", "شكرا", "لا", "نعم", "كيف", "من", "لدي", "أود", "ما", "في", "على", "غير", "لم", "يريد", "طلب", "إلغاء",
     "मुझे", "मेरा", "मेरी", "मैं", "कृपया", "नमस्ते", "हाँ", "नहीं", "क्या", "कैसे", "और", "को", "का", "की", "के", "है", "चाहिए", "सेवा",
     "আমি", "আমার", "আমাকে", "হ্যাঁ", "না", "দয়া", "কি", "সেবা", "من", "میں", "مجھے", "میرا", "میری", "جی", "نہیں", "کیا", "سلام", "لطفا", "می",
     "آیا", "بله", "خیر", "خواهم", "را", "با", "நான்", "எனக்கு", "என்", "ஆம்", "இல்லை", "நன்றி", "நான்", "నేను", "నాకు", "నా", "అవును", "కాదు",
     "मला", "माझा", "माझी", "होय", "नाही", "सेवा", "खدمة", "خدمت", "ผม", "ฉัน", "ครับ", "ค่ะ")
)  # fmt: skip

# The hundred most frequent surnames, of the census and of the ministries that count them.
_SURNAMES_ZH = (
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎余潘杜戴夏钟鍾"
    "汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文"
)
_SURNAMES_KO = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염"
)
_HAN = rf"(?P<name>[{_SURNAMES_ZH}](?!谢|级|兴|额|时|何|便|全|见|部|功|该|上|白天|速|价|度|多)[\u4e00-\u9fff]{{1,2}})(?![ 　][\u4e00-\u9fff])(?=先生|女士|小姐|[\s，,。.、;；)）(（|]|\Z)"
_KANJI = r"(?P<name>[\u4e00-\u9fff々]{2,5}(?:[ 　][\u4e00-\u9fff々ぁ-ゖァ-ヺ]{1,5})?)(?=様|さん|氏|[\s、。,.)）(（|]|\Z)"
_HANGUL = rf"(?P<name>[{_SURNAMES_KO}][가-힣]{{1,2}}(?![가-힣]{{2}}[자장원]))(?= ?(?:님|씨|고객)|입니다|이에요|이고|[\s,.)(|]|\Z)"
_THAI = r"(?P<name>[\u0e00-\u0e7f]{2,20}[ ][\u0e00-\u0e7f]{2,20})(?=[\s,.)(|]|\Z)"
#: With what is said behind a name: 王小明先生, 田中様, 김민수님, 田中太郎と申します.
_HONOURED = (
    ("先生", rf"(?P<name>[{_SURNAMES_ZH}][\u4e00-\u9fff]{{0,2}})(?=先生)"),
    ("女士", rf"(?P<name>[{_SURNAMES_ZH}][\u4e00-\u9fff]{{0,2}})(?=女士)"),
    ("小姐", rf"(?P<name>[{_SURNAMES_ZH}][\u4e00-\u9fff]{{0,2}})(?=小姐)"),
    (
        "様",
        r"(?<![\u4e00-\u9fff々おご])(?P<name>[\u4e00-\u9fff々]{1,4}[^仕同多異模一各客皆お神王殿何\W])(?=様(?![\u4e00-\u9fff]))",
    ),
    (
        "さん",
        r"(?<![\u4e00-\u9fff々おご])(?P<name>(?!皆|娘|奥|何|患|業|店|隣|客)[\u4e00-\u9fff々]{1,4}[^者員手生屋客店師嬢方皆\W])(?=さん(?![\u4e00-\u9fff]))",
    ),
    ("と申", r"(?<![\u4e00-\u9fff々])(?P<name>[\u4e00-\u9fff々]{2,6})(?=と申)"),
    (
        "님",
        rf"(?<![가-힣])(?P<name>[{_SURNAMES_KO}][가-힣](?![자장원인님])[가-힣])(?= ?(?:고객님|님(?![가-힣])))",
    ),
    (
        "저는",
        rf"(?<=저는 )(?P<name>[{_SURNAMES_KO}](?!국인)[가-힣](?![자장원인])[가-힣])(?=입니다|이에요|이고|이라고|라고)",
    ),
    (
        "我是",
        rf"(?<=我是)(?P<name>[{_SURNAMES_ZH}](?!谢|级|兴|额)[\u4e00-\u9fff]{{1,2}})(?=[，,。.、\s]|\Z)",
    ),
)
_HAN_GREETED = rf"(?P<name>[{_SURNAMES_ZH}][\u4e00-\u9fff]{{1,2}})(?=[：:，,、！!\s]|先生|女士|小姐)"
_THAI_GREETED = r"คุณ(?P<name>[\u0e00-\u0e7f]{2,30}?)(?=[\s,.!]|ครับ|ค่ะ|คะ|\Z)"
_SURNAMED = (
    rf"[{_SURNAMES_ZH}][\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])|[{_SURNAMES_KO}][가-힣]{{2}}(?![가-힣])"
)
_SCRIPTS = (_HAN, _HANGUL, _THAI, _KANJI)


@cache
def _compile(form: str) -> re.Pattern[str]:
    """A form as a pattern; made when a text first asks for it, since classes of many characters take their time."""
    return re.compile(form)


def may_hold_labelled_name(view: View) -> bool:
    """Whether a word for a person stands there, or what is said behind a name."""
    told = view.told.terms
    return (
        "customer" in told or "named" in told or "person" in told or "name" in told or "am" in told
        or "honorific" in told or "greeting" in told or "ame:" in view.text
    )  # fmt: skip


def find_labelled_names(view: View) -> Iterator[tuple[int, int, str]]:
    """Each name.

    >>> text = "Customer: Mei Patel, order 12"
    >>> [text[start:end] for start, end, _ in find_labelled_names(View(text))]
    ['Mei Patel']
    """
    text, told = view.text, view.told.terms
    for _, end in occurrences(view.lower, told.get("customer", ())):
        yield from _find_behind(text, end, _JOINT, _FEWEST)
        if view.lower[:end].endswith(_LISTED):
            yield from _find_in_list(text, end)
        if text[end : end + 1] == " ":
            yield from (name for name in _find_at(text, end + 1, _FEWEST) if text.startswith(" (", name[1]))
    for _, end in occurrences(view.lower, (*told.get("named", ()), *told.get("person", ()))):
        yield from _find_behind(text, end, _LOOSE, 1)
        yield from _find_in_lower(text, end)
    yield from _find_behind_name(view)
    for _, end in occurrences(view.lower, tuple(filter(is_joined, told.get("greeting", ())))):
        yield from _find_greeted(text, end)
    for _, end in occurrences(view.lower, told.get("am", ())):
        if text[end : end + 1] == " ":
            yield from _find_at(text, end + 1, _FEWEST)
    for sign, form in _HONOURED if "honorific" in told else ():
        if sign in text:
            yield from ((*found.span("name"), NAME) for found in _compile(form).finditer(text))


def _find_greeted(text: str, end: int) -> Iterator[tuple[int, int, str]]:
    """A name right behind a greeting, in a script without spaces: ``亲爱的王小明：``."""
    for form in (_HAN_GREETED, _THAI_GREETED):
        found = _compile(form).match(text, end)
        if found:
            yield (*found.span("name"), NAME)


def _find_in_lower(text: str, end: int) -> Iterator[tuple[int, int, str]]:
    """``customer name: ada lovelace``: two words and nothing else behind the colon."""
    found = _IN_LOWER.match(text, end)
    if found and not (is_thing(found["name"]) or _NOT_SAID & {*found["name"].split()}):
        yield (*found.span("name"), NAME)


def _find_behind_name(view: View) -> Iterator[tuple[int, int, str]]:
    """Behind words as general as "name", where what else people have is told."""
    text, is_told = view.text, _tells_of_person(view)
    for _, end in occurrences(view.lower, view.told.terms.get("name", ())):
        for span in _find_behind(text, end, _JOINT, 1):
            # A surname of Chinese or Korean tells by itself; anything else may be a product's name.
            if is_told or _compile(_SURNAMED).match(text, span[0]):
                yield span
    if "ame:" in text and is_told:
        for label in _NAME_LABEL.finditer(text):
            yield from _find_behind(text, label.end(), _JOINT, _FEWEST)


def _tells_of_person(view: View) -> bool:
    """Whether what people have is told beside a "name"."""
    told = view.told.terms
    return "phone" in told or "customer" in told or "person" in told or "@" in view.text


def _find_behind(text: str, end: int, joint: re.Pattern[str], fewest: int) -> Iterator[tuple[int, int, str]]:
    found = joint.match(text, end)
    at = found.end() if found else -1
    while at > 0:
        span = next(_find_at(text, at, fewest), None)
        if not span:
            return
        yield span
        more = _MORE.match(text, span[1])
        at = more.end() if more else -1


def _find_in_list(text: str, end: int) -> Iterator[tuple[int, int, str]]:
    """``Passengers:`` and below it one name in each line, as far in as the first."""
    found = _LIST.match(text, end)
    at = found.end() if found else -1
    first = _ITEM.match(text, at) if found else None
    for _ in range(_MOST_ITEMS):
        item = _ITEM.match(text, at) if at > 0 else None
        if not first or not item or item["indent"] != first["indent"]:
            return
        yield from _find_at(text, item.end(), _FEWEST)
        at = text.find("\n", item.end()) + 1


def _find_at(text: str, at: int, fewest: int) -> Iterator[tuple[int, int, str]]:
    """The name that begins at a place."""
    for form in _SCRIPTS if text[at : at + 1] > "\u0e00" else ():
        found = _compile(form).match(text, at) if form is not _KANJI or _is_japanese(text, at) else None
        if found:
            yield (*found.span("name"), NAME)
            return
    span = find_name_at(text, at) if text[at : at + 1] < "\u0e00" else None
    if span and _ENDS.match(text, span[1]) and _is_name(text[slice(*span)], fewest):
        yield (*span, NAME)


def _is_japanese(text: str, at: int) -> bool:
    """Whether a text is Japanese: it has syllables, or a word before the place that Chinese has not."""
    before = text[max(0, at - _LONGEST_LABEL) : at]
    around = text[max(0, at - _NEAR) : at + _NEAR]
    return bool(_KANA.search(around)) or any(word in before for word in _JAPANESE)


def _is_name(name: str, fewest: int) -> bool:
    words = name.lower().split()
    if is_thing(name) and len(words) > 1:
        return False
    if any(word.strip(".") in _SAID or word in _SAID_ELSEWHERE for word in words):
        return False
    if name.isupper() and len(name) > 1:  # a code, or a script without capitals, which has none
        return len(words) > 1
    has_case = name != name.swapcase()
    return fewest <= len(words) if has_case else _FEWEST <= len(words) <= _FEWEST + 1
