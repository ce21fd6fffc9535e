"""What spans do not say of a run, from the hooks of the run: what models answer, whichever class they are of."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Optional

from agents import RunConfig, RunHooks, add_trace_processor
from agents.lifecycle import RunHooksBase
from agents.tracing import get_current_span

from caselog.blocks import read_json
from caselog.console import Console
from caselog.guard import never_raises
from caselog.iterations import copy_whole
from caselog.recorder import ToolCall
from caselog.steps import end

from .answers import read_model
from .calls import note_answers
from .places import Place
from .processor import CaselogTracingProcessor, begin_answer, fill_answer, note_given, note_output

_console = Console()
_installed: dict[str, CaselogTracingProcessor] = {}


@never_raises(CaselogTracingProcessor)
def record_runs(**fields: Any) -> CaselogTracingProcessor:
    """Record every run of this process from now on; ``fields`` go into every log, as in `build_workflow_log`.

    The processor is added to those that are there: whether OpenAI's own exporter stays is the program's to say.
    Called again, it changes the fields, and is there again if the program has taken it away.
    """
    processor = _installed.get("processor") or _installed.setdefault("processor", CaselogTracingProcessor())
    processor.fields = fields
    add_trace_processor(processor)  # what it is told twice counts once
    _add_hooks(processor)
    return processor


def _add_hooks(processor: CaselogTracingProcessor) -> None:
    """Give every run the hooks; by a door that the framework calls experimental: without it the spans have to do."""
    run = importlib.import_module("agents.run")
    inner = getattr(run, "get_default_agent_runner", lambda: None)()
    if isinstance(inner, HookedRunner):
        return
    if inner is not None and hasattr(run, "set_default_agent_runner"):
        run.set_default_agent_runner(HookedRunner(inner, Notes(processor)))
    else:
        _console.say_once(
            "hooks", "this version of openai-agents has no default runner: only its spans are recorded"
        )


class HookedRunner:
    """The runner that was there, whose runs have the recorder's hooks before those of the caller."""

    def __init__(self, inner: Any, notes: Notes) -> None:
        self._inner = inner
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def run(self, *given: Any, **options: Any) -> Any:
        """A run, to be awaited."""
        return self._inner.run(*given, **self._with_hooks(options))

    def run_sync(self, *given: Any, **options: Any) -> Any:
        """A run in a loop of its own."""
        return self._inner.run_sync(*given, **self._with_hooks(options))

    def run_streamed(self, *given: Any, **options: Any) -> Any:
        """A run that tells of itself while it goes on."""
        return self._inner.run_streamed(*given, **self._with_hooks(options))

    def _with_hooks(self, options: dict[str, Any]) -> dict[str, Any]:
        hooks, config = options.get("hooks"), options.get("run_config")
        # What is no hooks is for the framework to refuse; who keeps content out of traces keeps it out of the log.
        if not (hooks is None or isinstance(hooks, RunHooksBase)) or not _includes_content(config):
            return options
        return {**options, "hooks": chain_hooks(self._notes, hooks)}


@never_raises(lambda: False)
def _includes_content(config: Any) -> bool:
    said = config.get("trace_include_sensitive_data") if isinstance(config, dict) else config
    if isinstance(config, RunConfig):
        said = config.trace_include_sensitive_data
    return RunConfig().trace_include_sensitive_data if said is None else bool(said)


def chain_hooks(notes: Notes, hooks: Optional[RunHooks[Any]]) -> RunHooks[Any]:
    """Hooks that let the recorder note what it is told, and then ask the caller's."""
    chained: RunHooks[Any] = _Chained()
    vars(chained).update(notes=notes, hooks=RunHooks() if hooks is None else hooks)
    return chained


def _forward(name: str) -> Callable[..., Any]:
    async def hook(self: Any, *args: Any, **kwargs: Any) -> None:
        note = getattr(self.notes, name, None)
        if note:
            note(*args, **kwargs)
        await getattr(self.hooks, name)(*args, **kwargs)

    return hook


# All hooks there are, whatever the version: those that nothing is noted of are handed on, too.
_Chained: Any = type(
    "_Chained",
    (RunHooksBase,),
    {name: _forward(name) for name in dir(RunHooksBase) if name.startswith("on_")},
)


class Notes:
    """What the recorder notes of a run, in the step that is current for the framework."""

    def __init__(self, processor: CaselogTracingProcessor) -> None:
        self._places = processor.places

    def _current(self) -> Place | None:
        span = get_current_span()
        if span is None or span.trace_id == "no-op":
            _console.say_once("tracing", "tracing of openai-agents is disabled: its runs are not recorded")
            return None
        place = self._places.find(span.span_id)
        if place:
            place.trace.is_hooked = True
        return place

    @never_raises(lambda: None)
    def on_agent_start(self, context: Any, _agent: Any) -> None:
        """What an agent is given."""
        place = self._current()
        items = getattr(context, "turn_input", None)
        if place and place.agent and place.agent.input is None and items:
            place.agent.input = place.trace.given_in(place.ticket).take("agents", list(items))

    @never_raises(lambda: None)
    def on_agent_end(self, _context: Any, _agent: Any, output: Any) -> None:
        """What an agent gave, or what was given for it after an error."""
        place, span = self._current(), get_current_span()
        if place:
            note_output(place, output)
            place.answered = span.error if span else None

    @never_raises(lambda: None)
    def on_llm_start(self, _context: Any, agent: Any, instructions: Any, items: Any) -> None:
        """A model is asked."""
        place = self._current()
        if place:
            iteration = begin_answer(place)
            iteration.model = read_model(agent.model, getattr(agent.model, "model", None))
            system = [{"role": "system", "content": instructions}] if instructions else []
            note_given(place, iteration, [*system, *items])
            note_answers(place.trace, items)

    @never_raises(lambda: None)
    def on_llm_end(self, _context: Any, _agent: Any, response: Any) -> None:
        """A model has answered; its span, where it has one, has ended before."""
        place = self._current()
        if place and place.iteration:
            end(place.iteration)
            fill_answer(place, place.iteration, response.output, response.usage, None)

    @never_raises(lambda: None)
    def on_tool_start(self, context: Any, _agent: Any, _tool: Any) -> None:
        """Which of the calls that a model asked for is carried out."""
        place = self._current()
        call_id = getattr(context, "tool_call_id", None)
        if place:
            place.is_called = True
        if place and isinstance(place.step, ToolCall) and call_id:
            vars(place.step)["id"] = call_id
            place.step.arguments = copy_whole(read_json(context.tool_arguments))
