"""The workflow: classify, retrieve_context, react_agent, validate_answer, respond or escalate, audit_log."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable
from typing import Any, Final, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import get_runtime

from caselog import build_workflow_log, ship_log_async
from examples.support_workflow.clock import Clock
from examples.support_workflow.recording import VERSION, Context, Json, Recording, State, recorded
from examples.support_workflow.records import Ticket
from examples.support_workflow.services import Services, ServiceTimeout
from examples.support_workflow.tools import TOOL_SCHEMAS, TOOLS

MAX_ITERATIONS: Final = 8
RETRIEVAL_TRIES: Final = 3
MIN_CONFIDENCE: Final = 0.6
MAX_RISK: Final = 0.3
PRICE_PER_TOKEN_USD: Final = {"input": 0.4e-6, "output": 1.6e-6}

#: What an answer must not make up: amounts of money and codes such as order numbers.
_FACT = re.compile(r"\$[\d,]+\.\d{2}|\b[A-Z]{2,6}-?\d{3,}[A-Z]*\b")


class IterationLimitReached(Exception):
    """The model went on and on without an answer."""

    def __init__(self) -> None:
        super().__init__(f"no answer after {MAX_ITERATIONS} iterations")


# ---------------------------------------------------------------- nodes


def classify(state: State, context: Context, recording: Recording) -> Json:
    """What kind of ticket it is, by the model's own word."""
    categories = ", ".join(context.services.categories)
    system = SystemMessage(
        f"Classify the support ticket. Answer with JSON: category, confidence.\nCategories: {categories}"
    )
    reply = context.model.invoke([system, *state["messages"]])
    recording.add_reply(reply)
    verdict = json.loads(reply.content)
    recording.attributes["confidence"] = verdict["confidence"]
    return {"category": verdict["category"]}


def retrieve_context(state: State, context: Context, recording: Recording) -> Json:
    """Articles that fit the ticket; asked for up to three times."""
    query = f"{state['category'].replace('_', ' ')} {state['ticket'].subject}"
    for attempt in range(1, RETRIEVAL_TRIES + 1):
        recording.attributes["attempts"] = attempt
        try:
            return {"context": context.services.search_knowledge(query)["articles"]}
        except ServiceTimeout as error:
            if attempt == RETRIEVAL_TRIES:
                raise
            recording.add_error(error)
            context.clock.spend(0.5 * 2**attempt)
    return {"context": []}


def react_agent(state: State, context: Context, recording: Recording) -> Json:
    """The ReACT loop: think, call tools, look at what came of it, until there is an answer."""
    model = context.model.bind_tools(TOOL_SCHEMAS)
    conversation: list[BaseMessage] = [_instruct(state), *state["messages"][:1]]
    for number in range(1, MAX_ITERATIONS + 1):
        step: Json = {"iteration": number, "node": recording.node, "tool_calls": []}
        recording.react_iterations.append(step)
        with recording.time(step):
            reply = _think(model, conversation, step, recording)
            if not reply.tool_calls:
                return {"final_response": reply.content}
            answers = [_call_tool(call, step, recording) for call in reply.tool_calls]
            recording.messages += answers
            conversation += [reply, *answers]
            step["observation"] = "\n".join(str(answer.content) for answer in answers)
    raise IterationLimitReached


def _think(model: Any, conversation: list[BaseMessage], step: Json, recording: Recording) -> AIMessage:
    """One question to the model, recorded as the first half of an iteration."""
    reply: AIMessage = model.invoke(conversation)
    recording.add_reply(reply)
    step |= {
        "thought": reply.additional_kwargs["reasoning_content"],
        "action": ", ".join(call["name"] for call in reply.tool_calls) or "answer",
        "model": reply.response_metadata["model_name"],
        "input_tokens": reply.usage_metadata and reply.usage_metadata["input_tokens"],
        "output_tokens": reply.usage_metadata and reply.usage_metadata["output_tokens"],
    }
    return reply


def _call_tool(call: ToolCall, step: Json, recording: Recording) -> ToolMessage:
    """What the tool says, for the model; an error is something it can react to, so it goes on."""
    part: Json = {"id": call["id"], "name": call["name"], "arguments": call["args"], "status": "ok"}
    step["tool_calls"].append(part)
    try:
        with recording.time(part):
            part["result"] = TOOLS[call["name"]].invoke(call["args"])
    except Exception as error:  # noqa: BLE001 - any failure of a tool is the model's to deal with
        recording.add_error(error)
        failure = {"error": type(error).__name__, "message": str(error)}
        return ToolMessage(json.dumps(failure), tool_call_id=call["id"], name=call["name"], status="error")
    return ToolMessage(json.dumps(part["result"]), tool_call_id=call["id"], name=call["name"])


def validate_answer(state: State, context: Context, recording: Recording) -> Json:
    """How far the answer can be trusted: what it states must stand in the ticket or in a tool's result."""
    answer, known = state["final_response"], _evidence(state["messages"])
    context.clock.spend(0.015)
    facts = sorted(set(_FACT.findall(answer)))
    ungrounded = [fact for fact in facts if fact.replace(",", "").strip("$") not in known]
    unaided = not any(step["tool_calls"] for step in state["react_iterations"])
    # One made-up fact is enough to keep an answer back, however many others are right.
    invention = 0.35 + 0.4 * len(ungrounded) / len(facts) if ungrounded else 0.0
    risk = 0.02 + invention + (0.1 if unaided else 0.0)
    last = next(message for message in reversed(state["messages"]) if isinstance(message, AIMessage))
    certainty = math.exp(last.response_metadata["mean_logprob"])
    effort = 0.02 * (len(state["react_iterations"]) - 1) + 0.03 * len(state["errors"])
    recording.attributes |= {"facts": facts, "model_certainty": round(certainty, 3)}
    return {
        "overall_confidence": round(max(0.0, certainty - effort - 0.5 * risk), 3),
        "hallucination_risk": round(min(1.0, risk), 3),
        "ungrounded_facts": ungrounded,
    }


def respond(state: State, context: Context, _recording: Recording) -> Json:
    """The answer, sent to the customer."""
    context.services.send_reply(state["final_response"])
    return {"status": "SUCCESS"}


def escalate(state: State, context: Context, recording: Recording) -> Json:
    """The ticket, put before a person; an answer that cannot be trusted is kept back."""
    trusted = _is_trusted(state)
    if context.services.ticket_status != "needs_human":
        context.services.update_ticket("needs_human", "The answer did not pass validation.")
    if trusted:
        context.services.send_reply(state["final_response"])
    recording.attributes["reason"] = (
        "the model asked for a person" if trusted else "the answer is not trusted"
    )
    return {"status": "ESCALATED"}


def audit_log(state: State) -> Json:
    """The run's one log, built and shipped: the last node, whatever happened before."""
    tokens = {"input": state.get("input_tokens", 0), "output": state.get("output_tokens", 0)}
    end: State = {
        "execution_time_seconds": (
            get_runtime(Context).context.clock.now() - state["executed_at"]
        ).total_seconds(),
        "cost_usd": round(sum(PRICE_PER_TOKEN_USD[kind] * count for kind, count in tokens.items()), 6),
    }
    log = build_workflow_log(
        {**state, **end}, environment="production", workflow_version=get_runtime(Context).context.version
    )
    return {**end, "log": log, "is_shipped": ship_log_async(log)}


# ---------------------------------------------------------------- graph


@functools.cache
def build_graph() -> CompiledStateGraph[State, Context, State, State]:
    """The compiled workflow; one serves any number of runs."""
    graph = StateGraph(State, context_schema=Context)
    graph.add_node("classify", recorded(classify, "ticket"))
    graph.add_node("retrieve_context", recorded(retrieve_context, "category"))
    graph.add_node("react_agent", recorded(react_agent, "category", "context"))
    graph.add_node("validate_answer", recorded(validate_answer, "final_response"))
    graph.add_node("respond", recorded(respond, "final_response"))
    graph.add_node(
        "escalate", recorded(escalate, "overall_confidence", "hallucination_risk", "ungrounded_facts")
    )
    graph.add_node("audit_log", audit_log)
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", _unless_failed("retrieve_context"))
    graph.add_conditional_edges("retrieve_context", _unless_failed("react_agent"))
    graph.add_conditional_edges("react_agent", _unless_failed("validate_answer"))
    graph.add_conditional_edges("validate_answer", _choose_ending)
    graph.add_edge("respond", "audit_log")
    graph.add_edge("escalate", "audit_log")
    graph.add_edge("audit_log", END)
    return graph.compile()


def run_ticket(
    ticket: Ticket, *, services: Services, model: Any, clock: Clock, version: str = VERSION
) -> State:
    """The state at the end of a run; its log is on its way to the collector."""
    start: State = {
        "ticket": ticket,
        "ticket_id": ticket.ticket_id,
        "executed_at": clock.now(),
        "messages": [_read_aloud(ticket)],
        "extra": {"subject": ticket.subject, "channel": ticket.channel},
    }
    return cast("State", build_graph().invoke(start, context=Context(services, model, clock, version)))


def _unless_failed(next_node: str) -> Callable[[State], str]:
    def choose(state: State) -> str:
        return "audit_log" if state.get("status") == "FAILED" else next_node

    return choose


def _choose_ending(state: State) -> str:
    if state.get("status") == "FAILED":
        return "audit_log"
    is_for_a_person = get_runtime(Context).context.services.ticket_status == "needs_human"
    return "respond" if _is_trusted(state) and not is_for_a_person else "escalate"


def _is_trusted(state: State) -> bool:
    return state["overall_confidence"] >= MIN_CONFIDENCE and state["hallucination_risk"] <= MAX_RISK


def _read_aloud(ticket: Ticket) -> HumanMessage:
    head = f"Ticket {ticket.ticket_id}\nFrom: {ticket.customer_name}\nE-mail: {ticket.customer_email}"
    return HumanMessage(f"{head}\nSubject: {ticket.subject}\n\n{ticket.body}")


def _instruct(state: State) -> SystemMessage:
    articles = "\n".join(f"- {article['title']}: {article['text']}" for article in state["context"])
    return SystemMessage(
        f"You are a support agent of {state['ticket'].client_id}. Category: {state['category']}.\n"
        "Use the tools; state no amount, date or number that neither the customer nor a tool has given.\n"
        f"Articles that may help:\n{articles}"
    )


def _evidence(messages: list[BaseMessage]) -> str:
    """All that the answer may rest on: instructions, ticket, results of tools, without commas in numbers."""
    text = "\n".join(str(message.content) for message in messages if not isinstance(message, AIMessage))
    return re.sub(r"(?<=\d),(?=\d)", "", re.sub(r"(\d\.\d)(?=\D)", r"\g<1>0", text))
