"""The callback handler itself: what LangChain tells of a run, put where it belongs."""

# ruff: noqa: ARG002 - the signatures are LangChain's

from __future__ import annotations

import atexit
import importlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.runnables.config import var_child_runnable_config

from caselog.api import ship_log_async
from caselog.clock import now_text
from caselog.endings import is_cancellation
from caselog.guard import never_raises
from caselog.iterations import copy_whole
from caselog.shapes import describe_error

from .objects import (
    is_control_flow,
    is_interrupt,
    name_path,
    read_answer,
    read_namespace,
    read_questions,
    read_result,
    resumes,
)
from .recording import Recording, build_log
from .runs import Run, Runs, waiting


def _find_base() -> type:
    """LangGraph's own class, which is told of breakpoints too, for they raise nothing; without it LangChain's."""
    try:
        base: type = importlib.import_module("langgraph.callbacks").GraphCallbackHandler
    except (ImportError, AttributeError):
        base = BaseCallbackHandler
    return base


if TYPE_CHECKING:
    _Base = BaseCallbackHandler
else:
    _Base = _find_base()


class CaselogCallbackHandler(_Base):
    """Records each run it is a callback of; ``fields`` go into every log, as in `build_workflow_log`.

    The ticket's id is taken from ``fields``, the run's metadata, its state, its inputs, its thread id or its own id,
    whichever comes first.
    """

    # In a coroutine LangChain would otherwise take a thread for each callback, which costs more than the callback.
    run_inline = True

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self._fields = fields
        self._runs = Runs()

    # ------------------------------------------------------------ chains and nodes

    @never_raises(lambda: None)
    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        tags: Optional[list[str]] = None,
        metadata: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        run = self._start(run_id, parent_run_id, metadata, inputs, kwargs.get("name"))
        if run and _is_node(run, tags, metadata):
            parent, run.node = run.node, kwargs.get("name") or "chain"
            run.record = {"name": run.node, "started_at": now_text()}
            run.record.update({"parent": parent} if parent else {})
            path = name_path(run.namespace)
            if path:
                run.record["attributes"] = {"path": path}
            run.recording.begin_node(run.record, inputs)

    @never_raises(lambda: None)
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.end(run_id)
        if run is None:
            return
        # A chain that is streamed into knows its inputs only now.
        if "inputs" in kwargs and run.parent is None:
            run.recording.inputs = kwargs["inputs"]
        if run.record is not None:
            if "inputs" in kwargs and run.record["input"] == {"input": ""}:
                run.recording.note_input(run.record, kwargs["inputs"])
            run.recording.end_node(run.record, outputs)
        self._finish_root(run, outputs, "SUCCESS")

    @never_raises(lambda: None)
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.end(run_id)
        if run is None:
            return
        self._note_error(run, error)
        cancelled = "CANCELLED" if is_cancellation(error) else "FAILED"
        self._finish_root(run, None, "SUCCESS" if is_control_flow(error) else cancelled)

    @never_raises(lambda: None)
    def on_interrupt(self, event: Any) -> None:
        """LangGraph stopped, at a breakpoint or to ask."""
        run = self._runs.find(event.run_id)
        if run:
            run.is_interrupted = True

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
        self._start_iteration(run_id, parent_run_id, metadata, messages)

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
        self._start_iteration(run_id, parent_run_id, metadata, prompts)

    @never_raises(lambda: None)
    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.end(run_id)
        if run is None or run.record is None:
            return
        answer = read_answer(response)
        run.recording.expect_calls(run.record, answer.pop("calls"), answer.pop("server"))
        text = answer.pop("answer")
        run.record.update(answer)
        self._finish_root(run, text, "SUCCESS")

    @never_raises(lambda: None)
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.on_chain_error(error, run_id=run_id)

    # ------------------------------------------------------------ tools and retrievers

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
        self._begin_call(run, name, input_str if inputs is None else inputs, kwargs.get("tool_call_id"))

    @never_raises(lambda: None)
    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        result, status = read_result(output)
        run, artifact = self._runs.find(run_id), getattr(output, "artifact", None)
        if run and run.record is not None and artifact is not None:
            run.record["artifact"] = copy_whole(artifact)
        self._end_call(run_id, getattr(output, "tool_call_id", None), result=result, status=status)

    @never_raises(lambda: None)
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        run = self._runs.find(run_id)
        if run and run.record is not None:
            run.recording.give_to_iteration(run.record, kwargs.get("tool_call_id"))
        self.on_chain_error(error, run_id=run_id)

    @never_raises(lambda: None)
    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: Optional[UUID] = None,
        metadata: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        """A retriever is recorded as the tool call that it is."""
        run = self._start(run_id, parent_run_id, metadata, query)
        self._begin_call(run, kwargs.get("name") or "retriever", {"query": query}, None)

    @never_raises(lambda: None)
    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end_call(run_id, None, result=documents, status="ok")

    @never_raises(lambda: None)
    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.on_chain_error(error, run_id=run_id)

    # ------------------------------------------------------------ what all runs have in common

    def _start(
        self,
        run_id: UUID,
        parent_id: UUID | None,
        metadata: Mapping[str, Any] | None,
        inputs: Any,
        name: str | None = None,
    ) -> Run | None:
        def open_recording() -> Recording:
            return self._open(run_id, metadata or {}, inputs, name)

        if parent_id is None:
            parent_id = self._find_enclosing(metadata or {})
        return self._runs.start(run_id, parent_id, read_namespace(metadata), open_recording)

    def _find_enclosing(self, metadata: Mapping[str, Any]) -> UUID | None:
        """The run of this handler that a run without a parent is called in, unless it is that of another ticket."""
        run_id = _find_enclosing_run()
        run = self._runs.find(run_id) if run_id else None
        if run is None or run.has_ended:
            return None
        around = run.recording.metadata
        is_same = all(metadata.get(name) in (None, around.get(name)) for name in ("ticket_id", "thread_id"))
        return run_id if is_same else None

    def _open(self, run_id: UUID, metadata: Mapping[str, Any], inputs: Any, name: str | None) -> Recording:
        """The ticket that goes on with this root run, or a new one."""
        thread_id = metadata.get("thread_id")
        key = None if thread_id is None else (name, thread_id)
        before = waiting.take(key) if key else None
        if before and resumes(inputs):
            return before
        if before:  # nobody answered: another question came in the same thread
            _ship(before, None, "INTERRUPTED")
        return Recording(key, run_id, now_text(), metadata, inputs, self._fields)

    def _start_iteration(
        self, run_id: UUID, parent_id: UUID | None, metadata: Mapping[str, Any] | None, inputs: Any
    ) -> None:
        run = self._start(run_id, parent_id, metadata, inputs)
        if run:
            iterations = run.recording.iterations
            run.record = {"iteration": len(iterations) + 1, "started_at": now_text()}
            known = {"node": run.node, "model": (metadata or {}).get("ls_model_name")}
            run.record.update({name: value for name, value in known.items() if value})
            iterations.append(run.record)
            run.recording.note_given(run.record, inputs)

    def _begin_call(self, run: Run | None, name: str, arguments: Any, call_id: str | None) -> None:
        if run:
            copied = copy_whole(arguments)
            run.record = {"name": name, "arguments": copied, "started_at": now_text()}
            run.record.update({"id": call_id} if call_id else {})
            run.recording.tool_calls.append(run.record)

    def _end_call(self, run_id: UUID, call_id: str | None, *, result: Any, status: str) -> None:
        run = self._runs.end(run_id)
        if run is None or run.record is None:
            return
        run.record.update(status=status, result=copy_whole(result))
        run.recording.give_to_iteration(run.record, call_id)
        self._finish_root(run, None, "SUCCESS")

    def _note_error(self, run: Run, error: BaseException) -> None:
        if is_interrupt(error) and run.parent:
            run.parent.is_interrupted = True
        is_error = not (is_control_flow(error) or is_cancellation(error))
        if is_error:
            run.recording.add_error(error, run.node)
        if run.record is None:
            return
        if is_error:
            run.record.update(status="error", error=describe_error(error))
        else:
            run.record["ended_by"] = type(error).__name__
            asked = read_questions(error)
            if asked:
                run.record["asked"] = copy_whole(asked)

    def _finish_root(self, run: Run, outputs: Any, status: str) -> None:
        if run.parent is not None:
            return
        recording = run.recording
        recording.active_s += time.perf_counter() - run.began
        self._runs.forget(recording)
        is_interrupted = run.is_interrupted and status != "FAILED"
        if is_interrupted and recording.key:
            waiting.put(recording)
        else:
            _ship(recording, outputs, "INTERRUPTED" if is_interrupted else status)
        for other in waiting.take_overdue():
            _ship(other, None, "INTERRUPTED")


def _find_enclosing_run() -> UUID | None:
    """The run that this code is called in.

    A run that is started with the callbacks of the whole is no child of it for LangChain: what
    ``model.with_fallbacks([...])`` calls, and what a node calls with the handler in its own config.
    """
    callbacks = (var_child_runnable_config.get() or {}).get("callbacks")
    run_id = getattr(callbacks, "parent_run_id", None)
    return run_id if isinstance(run_id, UUID) else None


def _is_node(run: Run, tags: list[str] | None, metadata: Mapping[str, Any] | None) -> bool:
    """Whether a chain is a node or a task of LangGraph's, or in a plain chain one of its steps."""
    if run.parent is None:
        return False
    if "langgraph_node" in (metadata or {}):
        is_step = any(tag.startswith("graph:step:") for tag in tags or ())
        return is_step or run.namespace != run.parent.namespace
    return run.parent.parent is None


def _ship(recording: Recording, outputs: Any, status: str) -> None:
    ship_log_async(build_log(recording, outputs, status))


@never_raises(lambda: None)
def _ship_all_waiting() -> None:
    for recording in waiting.take_all():
        _ship(recording, None, "INTERRUPTED")


# Registered after the client's own, which therefore comes later.
atexit.register(_ship_all_waiting)
