"""A log is the same whether its parts are in form already, which is seen at a glance, or are looked at closer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from caselog import build_workflow_log
from caselog.serialize import dump


class Fields(dict[str, Any]):
    """A mapping that is no plain dict: nothing is taken for granted of it."""


def _as_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return Fields({name: _as_fields(item) for name, item in value.items()})
    return [_as_fields(item) for item in value] if isinstance(value, list) else value


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_WORDS = st.sampled_from(("", "paid", "find"))
_STATUSES = st.sampled_from((None, "", "ok", "OK", "error", "Failed", "timeout", "done", 0, True))
_FIGURES = st.sampled_from((None, 0, 3, 10.0, 10.5, "12", -1, True, "many", float("nan")))
_TIMES = st.sampled_from(
    (None, "2026-11-23T14:05:00Z", "2026-11-23 14:05", 1795442700, "1795442700000", "soon")
)
_RESULTS = st.one_of(
    _WORDS, st.none(), st.integers(), st.just({"isError": True}), st.just([{"type": "text", "text": "x"}])
)
_CALLS = _some(
    id=_WORDS, name=_WORDS, arguments=_RESULTS, args=_RESULTS, result=_RESULTS, status=_STATUSES,
    error=st.sampled_from((None, "", "down", False)), is_error=st.booleans(), started_at=_TIMES,
    type=st.sampled_from(("tool_call", "function", "tool_use")),
)  # fmt: skip
_SEVERAL_CALLS = st.one_of(st.none(), st.just([]), st.lists(_CALLS, max_size=3))
_STEPS = _some(
    thought=_WORDS, tool_calls=_SEVERAL_CALLS, started_at=_TIMES, input_tokens=_FIGURES, output_tokens=_FIGURES,
    cost_usd=_FIGURES, cached=st.sampled_from((None, True, False)),
)  # fmt: skip
_MESSAGES = _some(
    role=_WORDS, content=_RESULTS, tool_calls=_SEVERAL_CALLS, type=st.just("tool_use"), name=_WORDS
)
_STATES = _some(
    ticket_id=_WORDS, status=_STATUSES, executed_at=_TIMES, started_at=_TIMES, finished_at=_TIMES, confidence=_FIGURES,
    execution_time=_FIGURES, input_tokens=_FIGURES,
    metrics=_some(overall_confidence=_FIGURES, confidence=_FIGURES, own=_FIGURES),
    react_iterations=st.one_of(_FIGURES, st.lists(_STEPS, max_size=4)), tool_calls=_SEVERAL_CALLS,
    nodes=st.lists(_some(name=_WORDS, started_at=_TIMES), max_size=2), messages=st.lists(_MESSAGES, max_size=3),
    errors=st.lists(st.one_of(_WORDS, _some(message=_WORDS, started_at=_TIMES)), max_size=2), final_response=_RESULTS,
    extra=_some(own=_WORDS, status=_WORDS),
    trace=_some(final_response=_WORDS, react_iterations=st.lists(_STEPS, max_size=2)),
)  # fmt: skip


@given(_STATES, _some(ticket_id=_WORDS, own=_WORDS, extra=_some(more=_WORDS), confidence=_FIGURES))
def test_a_state_of_plain_dicts_makes_the_log_that_a_state_of_other_mappings_makes(
    state: dict[str, Any], overrides: dict[str, Any]
) -> None:
    assert dump(build_workflow_log(state, **overrides)) == dump(
        build_workflow_log(_as_fields(state), **_as_fields(overrides))
    )
