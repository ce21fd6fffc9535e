"""Traces of any shape, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(["2026-11-23T14:00:00Z", "2026-11-23T14:00:00", "ok", "error"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELD_NAMES = ["id", "name", "node", "status", "started_at", "duration_ms", "error", "model", "input_tokens"]
MORE_NAMES = ["type", "message", "action", "arguments", "iteration", "cost_usd", "parent", "role", "content"]
PARTS = st.dictionaries(st.sampled_from(FIELD_NAMES + MORE_NAMES), VALUES, max_size=6)
LISTS = st.lists(PARTS | VALUES, max_size=4) | VALUES
ITERATIONS = st.lists(
    st.fixed_dictionaries({"tool_calls": LISTS}, optional={"node": VALUES, "model": VALUES})
)
TRACES = st.fixed_dictionaries(
    {},
    optional={
        "nodes": LISTS,
        "react_iterations": ITERATIONS | LISTS,
        "tool_calls": LISTS,
        "errors": LISTS,
        "messages": LISTS,
        "final_response": VALUES,
    },
)
