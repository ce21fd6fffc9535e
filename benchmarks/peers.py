"""The same ticket recorded by Caselog, Langfuse and Sentry: one ticket of 18 steps, each with its input and output.

Each recorder is set up as its own documentation says, with what it does by default. A peer is imported only when it
is asked for; neither is a dependency of Caselog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.tickets import as_state

Json = dict[str, Any]


@dataclass(frozen=True)
class Recorder:
    """What a workflow does for one ticket, and what ends it."""

    record: Callable[[Json], object]
    close: Callable[[], object]
    #: What `record` is given, of a log.
    prepare: Callable[[Json], Json] = lambda log: log


def _caselog_ship(url: str) -> Recorder:
    """A log that is there already: what `ship_log_async` costs by itself."""
    client = _caselog_client(url)
    return Recorder(client.ship, lambda: client.close(1))


def _caselog_state(url: str) -> Recorder:
    """The last node of a graph, whose state holds the parts of the trace side by side."""
    from caselog import build_workflow_log

    client = _caselog_client(url)
    return Recorder(lambda state: client.ship(build_workflow_log(state)), lambda: client.close(1), as_state)


def _caselog_ticket(url: str) -> Recorder:
    """The recorder: a ``with`` block for each of the 18 steps."""
    import caselog
    from caselog.api import swap_client

    client = _caselog_client(url)
    swap_client(client)

    def record(log: Json) -> None:
        with caselog.ticket(ticket_id=log["ticket_id"], category=log["category"]) as ticket:
            for step in log["trace"]["react_iterations"]:
                with ticket.node("resolve", step["action"]) as node:
                    with ticket.iteration(thought=step["thought"], model="m", input_tokens=300) as iteration:
                        (call,) = step["tool_calls"]
                        with ticket.tool_call(call["name"], call["arguments"]) as done:
                            done.result = call["result"]
                        iteration.observation = step["observation"]
                    node.output = step["action"]
            ticket.final_response = log["trace"]["final_response"]

    return Recorder(record, lambda: client.close(1))


def _caselog_client(url: str) -> Any:
    from caselog import Client, Settings

    return Client(Settings(f"{url}/v1/logs", "caselog_benchmark-0000000000", "bench"))


def _langfuse(url: str) -> Recorder:
    from langfuse import Langfuse

    client = Langfuse(public_key="pk-lf-bench", secret_key="sk-lf-bench", base_url=url)  # noqa: S106
    start = client.start_as_current_observation

    def record(log: Json) -> None:
        with start(name="ticket", input=log["ticket_id"], metadata={"category": log["category"]}) as ticket:
            for step in log["trace"]["react_iterations"]:
                with start(name="resolve", input=step["action"]) as node:
                    with start(name="model", as_type="generation", model="m", input=step["action"]) as model:
                        model.update(output=step["thought"], usage_details={"input": 300})
                        (call,) = step["tool_calls"]
                        with start(name=call["name"], as_type="tool", input=call["arguments"]) as done:
                            done.update(output=call["result"])
                    node.update(output=step["observation"])
            ticket.update(output=log["trace"]["final_response"])

    return Recorder(record, client.shutdown)


def _sentry(url: str) -> Recorder:
    import sentry_sdk

    sentry_sdk.init(dsn=f"{url.replace('://', '://key@')}/1", traces_sample_rate=1.0)

    def record(log: Json) -> None:
        with sentry_sdk.start_transaction(op="ticket", name="ticket") as ticket:
            for step in log["trace"]["react_iterations"]:
                with sentry_sdk.start_span(op="node", name="resolve") as node:
                    with sentry_sdk.start_span(op="gen_ai.chat", name="m") as model:
                        model.set_data("output", step["thought"])
                        (call,) = step["tool_calls"]
                        with sentry_sdk.start_span(op="gen_ai.execute_tool", name=call["name"]) as done:
                            done.set_data("input", call["arguments"])
                            done.set_data("output", call["result"])
                    node.set_data("output", step["observation"])
            ticket.set_data("output", log["trace"]["final_response"])

    return Recorder(record, lambda: sentry_sdk.flush(1))


#: How a workflow imports each of them.
IMPORTS: Final = {
    "caselog": "from caselog import build_workflow_log, ship_log_async",
    "langfuse": "from langfuse import Langfuse",
    "sentry_sdk": "import sentry_sdk",
}

#: What is measured, by name: the first word is the module whose import is measured too.
RECORDERS: Final[dict[str, Callable[[str], Recorder]]] = {
    "caselog ship": _caselog_ship,
    "caselog build+ship": _caselog_state,
    "caselog ticket": _caselog_ticket,
    "langfuse": _langfuse,
    "sentry_sdk": _sentry,
}
