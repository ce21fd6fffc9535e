/**
 * Messages that their makers wrap, or in which one holds several, as messages that `conversation.ts` reads: who speaks,
 * words and calls, with what stands around them beside. Fetched only where a log has such messages.
 */

import { isBlank, isRecord, label } from "../text/labels.ts";
import { jsonText, parseJson } from "../values/exact.ts";
import { Fields, type Sent } from "./fields.ts";
import { isUnusual } from "./usual.ts";

/** Usual messages stay as they are, and nothing of the others is left out. */
export function usualOf(messages: readonly Sent[]): Sent[] {
  const asked = new Set<string>();
  return messages.flatMap((message) => {
    if (!isUnusual(message)) return [message];
    const sent = withInvalid(withSource(withError(opened(message))));
    if (sent.type === "ToolCallRequestEvent") for (const call of listOf(sent.content)) asked.add(jsonText(call));
    return dialogue(sent) ?? summed(sent, asked) ?? answers(sent) ?? prompts(sent) ?? [sent];
  });
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** LangChain keeps calls apart whose arguments cannot be read: they failed. */
function withInvalid({ invalid_tool_calls: invalid, ...sent }: Sent): Sent {
  if (isBlank(invalid)) return sent;
  const calls = (Array.isArray(invalid) ? invalid : [invalid]).map((call) =>
    isRecord(call) ? { ...call, is_error: true } : call,
  );
  return { ...sent, tool_calls: [...listOf(sent.tool_calls), ...calls] };
}

const SPEAKS = ["author", "AuthorName", "speaker", "sender"];

/** Who speaks, under the name that most have for it. */
function withSource(sent: Sent): Sent {
  const name = isBlank(sent.source) ? SPEAKS.find((each) => typeof sent[each] === "string") : undefined;
  if (name === undefined) return sent;
  const { [name]: source, ...rest } = sent;
  return { ...rest, source };
}

/** ADK's events say why there is no more as fields of their own: that is a block of what was said. */
function withError({ errorCode: code, errorMessage: message, ...sent }: Sent): Sent {
  if (isBlank(code) && isBlank(message)) return sent;
  const name = Array.isArray(sent.parts) ? "parts" : "content";
  const said = isBlank(sent[name]) || Array.isArray(sent[name]) ? listOf(sent[name]) : [sent[name]];
  return { ...sent, [name]: [...said, { type: "error", code, message }] };
}

/** ShareGPT's calls are JSON in a text. */
function dialogue({ from, value, ...around }: Sent): Sent[] | null {
  if (from === "observation") return [{ ...around, from: "tool", value }];
  const call = from === "function_call" && typeof value === "string" ? parseJson(value, null) : null;
  return isRecord(call) ? [{ ...around, from: "gpt", tool_calls: [call] }] : null;
}

/** AutoGen sums up what was called: calls that it only tells again are left out. */
function summed(sent: Sent, asked: ReadonlySet<string>): Sent[] | null {
  const { tool_calls: calls, results, ...words } = sent;
  if (sent.type !== "ToolCallSummaryMessage") return null;
  const { source } = sent;
  const own = listOf(calls).filter((call) => !asked.has(jsonText(call)));
  return [
    { source, type: "ToolCallRequestEvent", content: own },
    { source, type: "ToolCallExecutionEvent", content: listOf(results) },
    words,
  ].filter(({ content }) => !isBlank(content));
}

/** Results of AG2, whose words the message has a second time. */
function answers({ tool_responses: responses, content, name: source, ...around }: Sent): Sent[] | null {
  const all = listOf(responses).filter(isRecord);
  if (!all.length || all.length !== listOf(responses).length) return null;
  const isSame = content === all.map((each) => each.content).join("\n\n");
  const own = all.map((each, i) => (i ? each : { source, ...around, ...each }));
  return isSame || isBlank(content) ? own : [...own, { source: source ?? "results", content }];
}

/** Pydantic AI's requests hold what the system says, and what the user does. */
function prompts({ parts: sent, ...around }: Sent): Sent[] | null {
  const parts = listOf(sent).map((part) => (isRecord(part) ? withRetry(part) : part));
  const system = parts.filter((part) => isRecord(part) && part.part_kind === "system-prompt");
  const others = parts.filter((part) => !system.includes(part));
  if (!others.length && !system.length) return null;
  if (!system.length) return [{ ...around, parts: others }];
  const first = { kind: "system", parts: system };
  return others.length ? [first, { ...around, parts: others }] : [{ ...around, ...first }];
}

/** A call that is to be tried again failed. */
const withRetry = (part: Sent): Sent =>
  part.part_kind === "retry-prompt" && isBlank(part.is_error) ? { ...part, is_error: true } : part;

/** Fields in which an event, or an entry of a transcript, holds its message. */
const WRAPPED = ["message", "content", "payload", "data", "request", "response", "output"];

/** The message that `sent` is, or holds. */
export function opened(sent: Sent): Sent {
  const message = named(besideWords(sent));
  const fields = new Fields(message);
  const inner = WRAPPED.find((name) => isMessage(fields.see(name)));
  if (inner !== undefined) return openedAt(fields, inner);
  if (typeof message.jsonrpc === "string") return rpcOf(fields);
  if (typeof message.type !== "string" || message.content !== undefined) return message;
  return isRecord(message.kwargs) && Array.isArray(message.id) && message.lc !== undefined
    ? madeOf(fields)
    : isRecord(message.data)
      ? fields.inside("data").rest
      : message;
}

const HOLDS = ["content", "parts", "blocks", "tool_calls", "toolCalls"];

const isMessage = (value: unknown): boolean =>
  isRecord(value) &&
  (typeof value.jsonrpc === "string" ||
    (typeof value.role === "string" && HOLDS.some((name) => value[name] !== undefined)));

/** A role that the message around says, too, is no field of its own. ADK's results have the role of the user. */
function openedAt(fields: Fields, name: string): Sent {
  const { role, ...inner } = fields.see(name) as Sent;
  if (fields.see("type") === role) fields.take("type");
  const author = role === "user" && fields.see("author") !== role ? fields.takeText("author") : undefined;
  fields.take(name);
  return opened(both({ role: author ?? role, ...inner }, fields.rest));
}

const both = (inner: Sent, around: Sent): Sent => new Fields({ inner, ...around }).inside("inner").rest;

/** LangChain writes messages out as what makes one. */
function madeOf(fields: Fields): Sent {
  fields.take("lc");
  fields.take("type");
  const name = (fields.take("id") as unknown[]).at(-1);
  return { role: String(name), ...fields.inside("kwargs").rest };
}

/** Letta says the type in another field, .NET's libraries say the role as an object. */
function named(sent: Sent): Sent {
  const { message_type: type, ...rest } = sent;
  if (typeof type === "string" && isBlank(sent.type) && isBlank(sent.role))
    return { type: type.replace(/_message$/, ""), ...rest };
  const name = ["role", "Role", "author", "Author"].find((each) => isRecord(sent[each]));
  const [said, ...more] = name === undefined ? [] : Object.values(sent[name] as Sent);
  return name !== undefined && typeof said === "string" && !more.length ? { ...sent, [name]: said } : sent;
}

const BESIDE = ["tool_calls", "function_call", "tool_call_id", "refusal", "reasoning_content"];

/** What LlamaIndex, and LangChain before it had fields for them, keep apart from the words. */
function besideWords(sent: Sent): Sent {
  const { additional_kwargs: beside, ...rest } = sent;
  if (!isRecord(beside) || !isBlank(sent.tool_calls)) return sent;
  const moved = Object.keys(beside).filter((name) => BESIDE.includes(name) && isBlank(sent[name]));
  if (!moved.length) return sent;
  const [out, left] = [true, false].map((isOut) =>
    Object.fromEntries(Object.entries(beside).filter(([name]) => moved.includes(name) === isOut)),
  );
  return { ...rest, ...out, ...(isBlank(left) ? {} : { additional_kwargs: left }) };
}

/** A message of MCP, or of another protocol of JSON-RPC: a call of a tool, what came back, or what its method says. */
function rpcOf(fields: Fields): Sent {
  fields.take("jsonrpc");
  const method = fields.takeText("method");
  if (method !== undefined && method !== "tools/call") return { ...fields.rest, type: method };
  const id = label(fields.take("id"), "");
  if (method === undefined) return { ...fields.rest, type: "tool_result", tool_call_id: id };
  return { ...fields.inside("params").rest, type: "tool_call", id };
}
