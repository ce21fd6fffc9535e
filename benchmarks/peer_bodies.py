"""OTLP bodies of tickets, made in the environment of a peer: its Python needs only ``opentelemetry-proto``.

    PEER/bin/python benchmarks/peer_bodies.py {steps,one} TICKETS_PER_BODY < LOGS > BODIES

``LOGS`` is NDJSON; a body is preceded by its length in four bytes. ``steps`` makes a span of the ticket, of each model
call and of each tool call, as an agent that is instrumented would; ``one`` puts the whole ticket into a single span,
the least work that a peer can be given. Attributes are those of OpenInference, which both peers read.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_STEP_NS: Final = 1_000_000
_OK: Final = 1
_INTERNAL: Final = 1


class Trace:
    """Adds the spans of one ticket to a request; each begins a millisecond after the last."""

    def __init__(self, add: Callable[[], Any]) -> None:
        self._add = add
        self._trace_id = os.urandom(16)
        self._began = time.time_ns()

    def span(self, name: str, kind: str, parent: bytes, attributes: Mapping[str, str | int]) -> bytes:
        """The id of a new span of an OpenInference ``kind``."""
        span = self._add()
        span.trace_id, span.span_id, span.parent_span_id = self._trace_id, os.urandom(8), parent
        span.name, span.kind, span.status.code = name, _INTERNAL, _OK
        span.start_time_unix_nano, span.end_time_unix_nano = self._began, self._began + _STEP_NS
        self._began += _STEP_NS
        for key, value in {"openinference.span.kind": kind, **attributes}.items():
            kept = span.attributes.add(key=key).value
            if isinstance(value, int):
                kept.int_value = value
            else:
                kept.string_value = value
        return bytes(span.span_id)


def add_steps(trace: Trace, log: Mapping[str, Any]) -> None:
    """A span of the ticket, and two of each iteration: its model call and its tool call."""
    said = log["trace"]
    metadata = json.dumps({name: value for name, value in log.items() if name != "trace"})
    given = {"input.value": log["ticket_id"], "output.value": said["final_response"], "metadata": metadata}
    root = trace.span("ticket", "AGENT", b"", given)
    for step in said["react_iterations"]:
        tokens = {"llm.token_count.prompt": 300, "llm.token_count.completion": 40}
        spoken = {"input.value": step["observation"], "output.value": f"{step['thought']}\n{step['action']}"}
        trace.span("model", "LLM", root, {"llm.model_name": "m", **tokens, **spoken})
        (call,) = step["tool_calls"]
        passed = {"input.value": json.dumps(call["arguments"]), "output.value": call["result"]}
        trace.span(call["name"], "TOOL", root, {"tool.name": call["name"], **passed})


def add_one(trace: Trace, log: Mapping[str, Any]) -> None:
    """A single span that holds the whole log as text."""
    given = {"input.value": log["ticket_id"], "output.value": json.dumps(log)}
    trace.span("ticket", "AGENT", b"", given)


SHAPES: Final = {"steps": add_steps, "one": add_one}
#: Spans of a ticket of `benchmarks.tickets`, which has six iterations.
SPANS: Final = {"steps": 1 + 2 * 6, "one": 1}


def bodies(shape: str, logs: list[Mapping[str, Any]], per_body: int) -> Iterator[bytes]:
    """OTLP requests of so many tickets each."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for first in range(0, len(logs), per_body):
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "benchmark"
        spans = resource.scope_spans.add().spans
        for log in logs[first : first + per_body]:
            SHAPES[shape](Trace(spans.add), log)
        yield request.SerializeToString()


def main() -> None:
    shape, per_body = sys.argv[1], int(sys.argv[2])
    logs = [json.loads(line) for line in sys.stdin.buffer]
    for body in bodies(shape, logs, per_body):
        sys.stdout.buffer.write(len(body).to_bytes(4, "big") + body)


if __name__ == "__main__":
    main()
