"""The handlers that LlamaIndex's dispatcher calls, in the thread and the moment that things happen."""

# ruff: noqa: ARG002 - the signatures are LlamaIndex's

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, Optional

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatStartEvent,
    LLMCompletionEndEvent,
    LLMCompletionStartEvent,
)
from llama_index.core.instrumentation.span import BaseSpan
from llama_index.core.instrumentation.span_handlers import BaseSpanHandler

from caselog.guard import never_raises

from .recorder import Recorder

if TYPE_CHECKING:  # who checks the types of the SDK need not have LlamaIndex
    _SpanHandler = object
    _EventHandler = object
else:
    _SpanHandler = BaseSpanHandler[BaseSpan]
    _EventHandler = BaseEventHandler


class CaselogSpanHandler(_SpanHandler):
    """Is told of everything that begins and ends; keeps nothing of LlamaIndex's own spans."""

    _recorder: Recorder = PrivateAttr()

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def span_enter(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Optional[Any] = None,
        parent_id: Optional[str] = None,
        tags: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        told = (id_, parent_id, instance, bound_args.arguments, tags or {}, sys._getframe(1))  # noqa: SLF001
        self._recorder.attempt(parent_id, self._recorder.enter, *told)

    def span_exit(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Optional[Any] = None,
        result: Optional[Any] = None,
        **kwargs: Any,
    ) -> None:
        self._recorder.attempt(id_, self._recorder.exit, id_, result)

    def span_drop(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Optional[Any] = None,
        err: Optional[BaseException] = None,
        **kwargs: Any,
    ) -> None:
        self._recorder.attempt(id_, self._recorder.drop, id_, err)

    def new_span(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what is recorded is no span."""

    def prepare_to_exit_span(self, *args: Any, **kwargs: Any) -> None:
        """As `new_span`."""

    def prepare_to_drop_span(self, *args: Any, **kwargs: Any) -> None:
        """As `new_span`."""


class CaselogEventHandler(_EventHandler):
    """Is told what spans do not tell: how a stream ended, and that a workflow was cancelled."""

    _recorder: Recorder = PrivateAttr()

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self._recorder.attempt(event.span_id, self._take, event)

    def _take(self, event: BaseEvent) -> None:
        if event.span_id is None:
            return
        if isinstance(event, (LLMChatStartEvent, LLMCompletionStartEvent)):
            self._recorder.expect_end(event.span_id)
        elif isinstance(event, (LLMChatEndEvent, LLMCompletionEndEvent)):
            self._recorder.end_stream(event.span_id, event.response, None)
        elif isinstance(event, ExceptionEvent):
            self._recorder.end_stream(event.span_id, None, event.exception)
        elif type(event).__name__ == "SpanCancelledEvent":  # of newer workflows only
            self._recorder.note_cancelled(event.span_id)


_installed: dict[str, Recorder] = {}


@never_raises(lambda: None)
def record_runs(**fields: Any) -> None:
    """Record whatever LlamaIndex runs in this process; ``fields`` go into every log, as in `build_workflow_log`.

    Called again, it changes the fields only: what runs is recorded once.
    """
    recorder = _installed.get("recorder")
    if recorder is None:
        recorder = _installed["recorder"] = Recorder()
        dispatcher = get_dispatcher()
        dispatcher.add_span_handler(CaselogSpanHandler(recorder))
        dispatcher.add_event_handler(CaselogEventHandler(recorder))
    recorder.fields = fields
