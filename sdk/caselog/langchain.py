"""LangChain and LangGraph: a callback handler that records a run and ships one log at its end.

    app.invoke(state, {"callbacks": [CaselogCallbackHandler()], "metadata": {"ticket_id": "T-1"}})

Needs ``caselog[langchain]``. One handler serves any number of runs at once. Nodes are LangGraph's nodes (in a plain
chain: the steps right under it), an iteration is one call of a chat model, a tool call belongs to the iteration that
asked for it. A run that stops at an interrupt waits for its resumption in the same thread: one ticket, one log.
"""

# ruff: noqa: ARG002 - the signatures are LangChain's

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage

from .api import ship_log_async
from .clock import now_text
from .guard import never_raises
from .langchain_log import Recording, build_log, is_control_flow, read_answer
from .serialize import read_message

#: Interrupted runs that may wait for their resumption at once; the one that waits longest is shipped as it is.
_MAX_WAITING = 1000


@dataclass
class _Run:
    """One run that has started and not ended; ``record`` is None where nothing is recorded of it."""

    recording: Recording
    record: dict[str, Any] | None
    node: str | None
    is_root: bool
    began: float = field(default_factory=time.perf_counter)


class CaselogCallbackHandler(BaseCallbackHandler):
    """Records each run it is a callback of; ``fields`` go into every log, as in `build_workflow_log`.

    The ticket's id is taken from ``fields``, the run's metadata, its state, or its thread id, whichever comes first.
    """

    # In a coroutine LangChain would otherwise take a thread for each callback, which costs more than the callback.
    run_inline = True

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self._fields = fields
        self._lock = threading.RLock()
        self._runs: dict[UUID, _Run] = {}
        self._waiting: OrderedDict[Any, Recording] = OrderedDict()

    # ------------------------------------------------------------ chains and nodes

    @never_raises(lambda: None)
    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[list[str]] = None,
        metadata: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        run = self._start(run_id, parent_run_id, metadata, inputs)
        if not run.is_root and self._is_node(parent_run_id, tags, metadata):
            run.record = {"name": kwargs.get("name") or "chain", "started_at": now_text(), "input": inputs}
            run.node = run.record["name"]
            run.recording.nodes.append(run.record)

    @never_raises(lambda: None)
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._end(run_id)
        if run and run.record is not None:
            run.record.update(status="ok", output=outputs)
        if run and run.is_root:
            self._finish(run, outputs, "SUCCESS")

    @never_raises(lambda: None)
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._end(run_id)
        if not run:
            return
        self._note_error(run, error)
        if run.is_root:
            self._finish(run, None, "SUCCESS" if is_control_flow(error) else "FAILED")

    # ------------------------------------------------------------ models

    @never_raises(lambda: None)
    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        metadata: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        self._start_iteration(run_id, parent_run_id, metadata)

    @never_raises(lambda: None)
    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        metadata: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        self._start_iteration(run_id, parent_run_id, metadata)

    @never_raises(lambda: None)
    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._end(run_id)
        if not run or run.record is None:
            return
        generation = response.generations[0][0]
        answer = read_answer(getattr(generation, "message", None), getattr(generation, "text", ""))
        calls = answer.pop("calls")
        run.record.update({name: value for name, value in answer.items() if value is not None})
        run.recording.asked_by.update({call["id"]: run.record for call in calls if call.get("id")})
        if run.is_root:
            self._finish(run, {"final_response": answer["thought"]}, "SUCCESS")

    @never_raises(lambda: None)
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.on_chain_error(error, run_id=run_id)

    # ------------------------------------------------------------ tools

    @never_raises(lambda: None)
    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        metadata: Optional[dict[str, Any]] = None,
        inputs: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        run = self._start(run_id, parent_run_id, metadata, inputs)
        name = kwargs.get("name") or (serialized or {}).get("name") or "tool"
        arguments = input_str if inputs is None else inputs
        run.record = {
            "name": name,
            "arguments": arguments,
            "started_at": now_text(),
            "id": kwargs.get("tool_call_id"),
        }
        run.recording.tool_calls.append(run.record)

    @never_raises(lambda: None)
    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._end(run_id)
        if not run or run.record is None:
            return
        message = read_message(output)
        run.record.update(status="ok", result=message["content"] if message else output)
        run.recording.give_to_iteration(run.record, getattr(output, "tool_call_id", None))
        if run.is_root:
            self._finish(run, None, "SUCCESS")

    @never_raises(lambda: None)
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.get(run_id)
        if run and run.record is not None:
            run.recording.give_to_iteration(run.record, kwargs.get("tool_call_id"))
        self.on_chain_error(error, run_id=run_id)

    # ------------------------------------------------------------ what all runs have in common

    def _start(
        self, run_id: UUID, parent_id: UUID | None, metadata: Mapping[str, Any] | None, inputs: Any
    ) -> _Run:
        with self._lock:
            parent = self._runs.get(parent_id) if parent_id else None
            recording = parent.recording if parent else self._open(metadata or {}, inputs)
            run = _Run(recording, None, parent.node if parent else None, is_root=parent is None)
            self._runs[run_id] = run
            return run

    def _open(self, metadata: Mapping[str, Any], inputs: Any) -> Recording:
        thread_id = metadata.get("thread_id")
        resumed = self._waiting.pop(thread_id, None) if thread_id is not None else None
        if resumed:
            resumed.is_interrupted = False
        return resumed or Recording(now_text(), thread_id, metadata, inputs)

    def _is_node(
        self, parent_id: UUID | None, tags: list[str] | None, metadata: Mapping[str, Any] | None
    ) -> bool:
        if "langgraph_node" in (metadata or {}):
            return any(tag.startswith("graph:step:") for tag in tags or ())
        parent = self._runs.get(parent_id) if parent_id else None
        return parent is not None and parent.is_root

    def _start_iteration(
        self, run_id: UUID, parent_id: UUID | None, metadata: Mapping[str, Any] | None
    ) -> None:
        run = self._start(run_id, parent_id, metadata, None)
        with self._lock:
            known = {"node": run.node, "model": (metadata or {}).get("ls_model_name")}
            number = len(run.recording.iterations) + 1
            run.record = {
                "iteration": number,
                "started_at": now_text(),
                **{k: v for k, v in known.items() if v},
            }
            run.recording.iterations.append(run.record)

    def _end(self, run_id: UUID) -> _Run | None:
        with self._lock:
            run = self._runs.pop(run_id, None)
        if run and run.record is not None:
            run.record["duration_ms"] = round((time.perf_counter() - run.began) * 1000, 3)
        return run

    def _note_error(self, run: _Run, error: BaseException) -> None:
        recording = run.recording
        if is_control_flow(error):
            recording.is_interrupted = recording.is_interrupted or type(error).__name__ == "GraphInterrupt"
            if run.record is not None:
                run.record.update(status="ok", attributes={"control_flow": type(error).__name__})
            return
        if run.record is not None:
            run.record.update(status="error", error={"type": type(error).__name__, "message": str(error)})
        recording.add_error(error, run.node)

    def _finish(self, run: _Run, outputs: Any, status: str) -> None:
        recording = run.recording
        recording.active_s += time.perf_counter() - run.began
        overdue = self._let_go(recording)
        if overdue is None:
            ship_log_async(build_log(recording, outputs, status, self._fields))
        for other in overdue or ():
            ship_log_async(build_log(other, None, "INTERRUPTED", self._fields))

    def _let_go(self, recording: Recording) -> list[Recording] | None:
        """None where the ticket is done; where it waits to be resumed, those that have waited too long."""
        with self._lock:
            # A root that was cancelled may leave runs that will never end.
            self._runs = {key: run for key, run in self._runs.items() if run.recording is not recording}
            if not recording.is_interrupted or recording.thread_id is None:
                return None
            self._waiting[recording.thread_id] = recording
            return [self._waiting.popitem(last=False)[1]] if len(self._waiting) > _MAX_WAITING else []
