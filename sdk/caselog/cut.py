"""A log that is too big loses length, not existence, and no more than is too much.

The longest strings are cut first, each to the same length, then long lists in their middle; of both, what explains a
failure comes last: failed steps, the last steps, errors and the final response. Whatever is cut leaves a marker
that says how much is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Callable

from .endings import says_failed
from .serialize import tell_apart
from .shorten import MARKER, Lengths, Plan, count_saved, cut_text, make_plan

#: No string is cut shorter than so many bytes: first of the others, then of those that explain a failure.
_SHORTEST = (2_000, 200)
#: How many items long lists keep, tried one after the other when cutting strings does not do; and how often the
#: number is then brought nearer to the one before.
_ITEMS = (100_000, 10_000, 2_000, 500, 100, 20)
_NEARER, _SAFELY = 2, 0.98
#: Beyond so many items a list is cut before it is masked: masking each would take the machine's time.
_MAX_ITEMS = 100_000
#: The last items of a part of the trace that tell how it ended.
_LAST = 2
#: How often a cut is made shorter because escapes took more than was thought.
_TRIES = 6
_PARTS = frozenset(("nodes", "react_iterations", "tool_calls", "messages"))
_TOLD = frozenset(("errors", "final_response"))
#: One part in so many is spared.
_SPARED = 50

#: Makes a string shorter, given whether it explains a failure.
Shorten = Callable[[str, bool], str]


def cut_to(log: dict[str, Any], max_bytes: int) -> bytes | None:
    """The log as one line of JSON of at most so many bytes; None where even its small fields are too big."""
    line = _encode(log)
    if len(line) <= max_bytes:
        return line
    cut = _cut_strings(log, max_bytes)
    if cut is not None:
        return cut
    named = {**log, "trace": _cut_names(log.get("trace"))} if "trace" in log else log
    cut = _cut_strings(named, max_bytes) or _cut_lists_to(named, max_bytes)
    if cut is not None:
        return cut
    if "trace" in log:
        line = _encode({**log, "trace": {"cut": f"[cut: a trace of {len(line)} bytes]"}})
    return line if len(line) <= max_bytes else None


def drop_items(log: dict[str, Any]) -> dict[str, Any]:
    """An enormous log without the middle of its longest lists."""
    fewer: dict[str, Any] = _cut_lists(log, _MAX_ITEMS)
    return fewer


def _encode(log: dict[str, Any]) -> bytes:
    # A lone surrogate is no Unicode text and would be refused: it becomes "?".
    return json.dumps(log, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


# ---------------------------------------------------------------- strings


def _cut_strings(log: dict[str, Any], max_bytes: int) -> bytes | None:
    """The log with its longest strings cut so far that it fits; None where it does not, however short they are."""
    line = _encode(log)
    if len(line) <= max_bytes:
        return line
    # A little less than may be: other writers of JSON take more bytes for the same.
    excess = len(line) - (max_bytes - max_bytes // _SPARED)
    usual, explaining = Lengths(), Lengths()
    for text, explains in _strings(log):
        (explaining if explains else usual).note(text, _SHORTEST[-1])
    for shortest in _SHORTEST:
        cut = _cut_strings_to(
            log, max_bytes, excess, (usual.over(shortest), explaining.over(shortest), shortest)
        )
        if cut is not None:
            return cut
    return None


def _cut_strings_to(
    log: dict[str, Any], max_bytes: int, excess: int, known: tuple[Lengths, Lengths, int]
) -> bytes | None:
    for _ in range(_TRIES):
        shorten = _plan_cuts(*known, excess)
        if shorten is None:
            return None
        line = _encode(_rebuild(log, shorten))
        if len(line) <= max_bytes:
            return line
        excess += len(line) - max_bytes + MARKER
    return None


def _plan_cuts(usual: Lengths, explaining: Lengths, shortest: int, excess: int) -> Shorten | None:
    """How to save so many bytes: of strings that explain no failure first, and of the others only what is left."""
    plan = make_plan(usual, excess, shortest)
    if plan is not None:
        return lambda text, explains: text if explains else plan.shorten(text)
    others = make_plan(explaining, excess - count_saved(usual, shortest), shortest)
    if others is None:
        return None
    return lambda text, explains: (others if explains else Plan(shortest)).shorten(text)


def _strings(log: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []

    def note(text: str, explains: bool) -> str:  # noqa: FBT001 - a `Shorten`
        found.append((text, explains))
        return text

    _rebuild(log, note)
    return iter(found)


def _rebuild(log: dict[str, Any], shorten: Shorten) -> dict[str, Any]:
    """The log with every string as ``shorten`` gives it."""
    trace = log.get("trace")
    small = {name: value for name, value in log.items() if name != "trace"}
    rebuilt: dict[str, Any] = _walk(small, shorten, explains=True)
    if not isinstance(trace, dict):
        return rebuilt if trace is None else {**rebuilt, "trace": _walk(trace, shorten, explains=False)}
    parts = {name: _rebuild_part(name, part, shorten) for name, part in trace.items()}
    return {**rebuilt, "trace": parts}


def _rebuild_part(name: str, part: Any, shorten: Shorten) -> Any:
    if name in _PARTS and isinstance(part, list):
        keys = _explaining(part)
        return [_walk(item, shorten, explains=place in keys) for place, item in enumerate(part)]
    return _walk(part, shorten, explains=name in _TOLD)


def _walk(value: Any, shorten: Shorten, *, explains: bool) -> Any:
    if isinstance(value, str):
        return shorten(value, explains)
    if isinstance(value, list):
        return [_walk(item, shorten, explains=explains) for item in value]
    if isinstance(value, dict):
        return {name: _walk(item, shorten, explains=explains) for name, item in value.items()}
    return value


def _explaining(items: list[Any]) -> set[int]:
    """Places of the items that failed, and of the last ones."""
    failed = {place for place, item in enumerate(items) if _has_failed(item)}
    return failed | set(range(max(0, len(items) - _LAST), len(items)))


def _has_failed(item: Any) -> bool:
    """Whether a step failed, or anything that it called or says."""
    if not isinstance(item, dict):
        return False
    inside = [part for name in ("tool_calls", "content") for part in _items_of(item.get(name))]
    return says_failed(item.get) or any(map(_has_failed, inside))


def _items_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# ---------------------------------------------------------------- lists


def _cut_lists_to(log: dict[str, Any], max_bytes: int) -> bytes | None:
    """The log with as many items of its long lists as fit."""
    too_many = _count_longest(log)
    for max_items in _ITEMS:
        cut = _cut_strings(_cut_lists(log, max_items), max_bytes) if max_items < too_many else None
        if cut is not None:
            return _bring_nearer(log, max_bytes, (max_items, too_many), cut)
        too_many = min(too_many, max_items)
    return None


def _bring_nearer(log: dict[str, Any], max_bytes: int, bounds: tuple[int, int], cut: bytes) -> bytes:
    """With more items, between these bounds: how many fit follows from the sizes at both ends."""
    (enough, too_many), size = bounds, len(_encode(_cut_lists(log, bounds[1])))
    for _ in range(_NEARER):
        share = (max_bytes - len(cut)) / max(1, size - len(cut))
        middle = enough + int((too_many - enough) * share * _SAFELY)
        line = _encode(_cut_lists(log, middle))
        if len(line) > max_bytes:
            too_many, size = middle, len(line)
        else:
            enough, cut = middle, line
    return cut


def _count_longest(value: Any) -> int:
    if not isinstance(value, (list, dict)):
        return 0
    inside = value.values() if isinstance(value, dict) else value
    return max(len(value), max(map(_count_longest, inside), default=0))


def _cut_names(value: Any) -> Any:
    """The same with names of fields that are no longer than a string may be."""
    if isinstance(value, list):
        return [_cut_names(item) for item in value]
    if not isinstance(value, dict):
        return value
    return tell_apart([(cut_text(name, _SHORTEST[-1]), _cut_names(item)) for name, item in value.items()])


def _cut_lists(value: Any, max_items: int) -> Any:
    """The same with so many items of each list and entries of each dict: the first, the last, and those that failed."""
    if isinstance(value, list):
        return [
            f"[cut: {place} items]" if is_gap else _cut_lists(value[place], max_items)
            for place, is_gap in _keep(len(value), max_items, _failed_in(value, max_items))
        ]
    if not isinstance(value, dict):
        return value
    names = list(value)
    kept: dict[str, Any] = {}
    for place, is_gap in _keep(len(names), max_items, set()):
        name = "[cut]" if is_gap else names[place]
        kept[name] = f"[cut: {place} entries]" if is_gap else _cut_lists(value[name], max_items)
    return kept


def _failed_in(items: list[Any], max_items: int) -> set[int]:
    if len(items) <= max_items:
        return set()
    failed = [place for place, item in enumerate(items) if _has_failed(item)]
    return set(failed[-max_items // 4 :])


def _keep(count: int, max_items: int, failed: set[int]) -> Iterator[tuple[int, bool]]:
    """The places that stay, and in the gaps between them how many are gone."""
    if count <= max_items:
        yield from ((place, False) for place in range(count))
        return
    half = max(1, (max_items - len(failed)) // 2)
    places = sorted({*range(half), *range(count - half, count), *failed})
    expected = 0
    for place in places:
        if place > expected:
            yield place - expected, True
        yield place, False
        expected = place + 1
