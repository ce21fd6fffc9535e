/** Messages of a run as turns: who said what, and each call together with what came back for it. */

import { isBlank, isRecord, label } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";
import { answered, completed } from "./answers.ts";
import { type Block, type Call, joined, restBlock } from "./blocks.ts";
import { call, isDone, result, resultOf } from "./calls.ts";
import { Fields, type Sent } from "./fields.ts";
import { blocksOf, readBlock, thoughtsOf } from "./reading.ts";
import type { Part } from "./trace.ts";

export type Role = "system" | "user" | "assistant" | "tool" | "other";

export interface Turn {
  /** Its place among the messages, from 0. */
  index: number;
  role: Role;
  /** What the log calls it. */
  name: string;
  /** The last one holds the fields that no other shows, where there are any. */
  blocks: Block[];
  /** Whether results were in it that stand with their calls now. */
  hadResults: boolean;
}

/** Before the name of who speaks in a role. */
const WHO = " · ";

const ROLES: readonly [RegExp, Role][] = [
  [/^(system|developer)$/, "system"],
  [/^(user|human|request)$/, "user"],
  [/^(assistant|ai|model|gpt|chatbot|response)$/, "assistant"],
  [/^(tool|function)$/, "tool"],
];

/** `calls` are those that steps of the run tell of: some senders leave them out of their messages. */
export function turnsOf(messages: readonly Sent[], calls: readonly Part[] = []): Turn[] {
  const turns = completed(answered(messages.map(readTurn)), calls);
  return turns.filter((turn, i) => turn.blocks.length || !isCalling(turn, turns[i + 1]));
}

/** How many calls the turns show. */
export const callsIn = (turns: readonly Turn[]): number =>
  turns.reduce((sum, { blocks }) => sum + blocks.filter((block) => block.kind === "call").length, 0);

/** A turn without words that only made the calls whose results come next; or one whose results went to their calls. */
const isCalling = ({ role, name, hadResults }: Turn, next: Turn | undefined): boolean =>
  !name.includes(WHO) && (role === "tool" || (role === "assistant" && next?.role === "tool") || hadResults);

export function readTurn(message: Sent, index: number): Turn {
  const fields = new Fields(message);
  const item = itemOf(fields.rest);
  const { role, name } = roleOf(fields, item);
  const blocks = joined(item ?? blocksOfMessage(fields, role));
  return { index, role: areResults(blocks) ? "tool" : role, name, blocks, hadResults: false };
}

/** Many makers hand results on as if the user had said them. */
const areResults = (blocks: readonly Block[]): boolean =>
  blocks[0]?.kind === "result" && blocks.every(({ kind }) => kind === "result" || kind === "rest");

/** An item of a list of messages that is a block itself, as Responses has them. */
function itemOf(message: Sent): Block[] | null {
  const hasWords = ["role", "content", "parts", "tool_calls", "items", "blocks"].some(
    (name) => !isBlank(message[name]),
  );
  const isThought = /^(redacted_)?(reasoning|thinking)$/.test(String(message.type));
  if (typeof message.type !== "string" || (hasWords && !isThought && !hasCall(message))) return null;
  const { role: _, ...item } = message;
  return readBlock(item) ?? (isBlank(message.role) && !roleIn(message.type) && !hasWords ? [unknownItem(item)] : null);
}

const unknownItem = (value: Sent): Block => ({ kind: "other", name: String(value.type), value });
/** Of a result the content is in a field of messages. */
const hasCall = ({ type, role }: Sent): boolean => isBlank(role) && /_result$|_use$|_call$|-return$/.test(String(type));

/** The name without what says that it is a message: `HumanMessage`, `AIMessageChunk`. */
const roleIn = (name: string): Role | undefined => {
  const plain = name.toLowerCase().replace(/_?message(_?chunk)?$/, "");
  return ROLES.find(([known]) => known.test(plain))?.[1];
};

function roleOf(fields: Fields, item: Block[] | null): { role: Role; name: string } {
  const type = fields.see("type");
  const typed = roleIn(String(type)) ? ["type"] : [];
  const said = fields.takeText("role", "from", ...typed, "source", "kind");
  if (said === undefined && item) return roleOfItem(item, label(type, "message"));
  const name = label(said ?? fields.take("role", "type"), "message");
  if (type === "message" || type === name) fields.take("type");
  const role = roleIn(name) ?? roleOfEvent(String(type)) ?? (item ? roleOfItem(item, "").role : "other");
  const who = role === "tool" ? "" : label(fields.takeText("name", "source"), "");
  return { role, name: who && who !== name ? `${name}${WHO}${who}` : name };
}

/** AutoGen's messages say who, and what for. */
const roleOfEvent = (type: string): Role | undefined =>
  /^ToolCallExecution/.test(type) ? "tool" : /(Message|Event|Request)$/.test(type) ? "assistant" : undefined;

function roleOfItem(item: readonly Block[], name: string): { role: Role; name: string } {
  const kind = item[0]?.kind;
  if (kind === "call" || kind === "thought") return { role: "assistant", name: "assistant" };
  return { role: kind === "result" ? "tool" : "other", name };
}

const SAID = ["content", "parts", "items", "blocks", "value", "text", "message"];
const THOUGHTS = ["reasoningcontent", "reasoning", "reasoningdetails", "thinking", "toolplan"];

export function blocksOfMessage(fields: Fields, role: Role): Block[] {
  const thoughts = thoughtsOf(fields, THOUGHTS);
  const own = eventsIn(fields) ?? (role === "tool" ? resultsOf(fields) : saidIn(fields));
  const calls = [fields.take("toolcalls"), fields.take("functioncall")].flatMap(callsBeside);
  const refusal = blocksOf(fields.takeText("refusal"));
  if (isDone(fields.see("status"))) fields.take("status");
  const more = calls.flatMap((each) => (each.kind === "call" ? besideOwn(each, own) : [each]));
  return [...thoughts, ...own, ...refusal, ...more, ...restBlock(fields.rest)];
}

/** Some frameworks say a call twice: in the content as its maker sends it, and beside it in their own words. */
function besideOwn(call: Call, own: readonly Block[]): Block[] {
  const twin = own.find((each) => each.kind === "call" && each.ids.some((id) => call.ids.includes(id))) as Call;
  if (!twin || (call.result && twin.result)) return [call];
  twin.result ??= call.result;
  twin.failed ||= call.failed;
  const { name, given, rest } = call;
  const isSame = name === twin.name && jsonText(given) === jsonText(twin.given);
  return restBlock(isSame ? rest : { name, arguments: given, ...rest });
}

/** The words of a message; Vercel's messages say them a second time among their parts. */
function saidIn(fields: Fields): Block[] {
  const said = fields.take(...SAID);
  const more = fields.has("parts") ? blocksOf(fields.take("parts")) : [];
  const first = blocksOf(said);
  if (typeof said === "string") takeRepeated(fields, said);
  const isRepeated = more.some((block) => block.kind === "text" && block.text.includes(String(said).trim()));
  return more.length && isRepeated ? more : [...first, ...more, ...toolResultsIn(fields)];
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** AutoGen's messages that hold calls, or results, without a word of what each is. */
function eventsIn(fields: Fields): Block[] | null {
  const [, kind] = /^ToolCall(Request|Execution)Event$/.exec(String(fields.see("type"))) ?? [];
  if (!kind) return null;
  fields.take("type");
  const read = kind === "Request" ? call : resultOf;
  return listOf(fields.take("content")).flatMap((each) => (isRecord(each) ? read(new Fields(each)) : blocksOf(each)));
}

/** Cohere's results, each of which repeats its call. */
function toolResultsIn(fields: Fields): Block[] {
  const results = fields.see("toolresults");
  if (!Array.isArray(results) || !results.every((each) => isRecord(each) && isRecord(each.call))) return [];
  fields.take("toolresults");
  return results.flatMap(({ call: { name, ...asked }, ...back }) => result(new Fields({ name, ...back, call: asked })));
}

/** A message of a tool is a result, unless it holds results that say whose they are. */
function resultsOf(fields: Fields): Block[] {
  const cohere = toolResultsIn(fields);
  if (cohere.length) return cohere;
  const name = ["content", "parts", "items", "blocks"].find((each) => Array.isArray(fields.see(each)));
  const within = name ? blocksOf(fields.see(name)) : [];
  if (name && within.some((block) => block.kind === "result")) return fields.take(name) ? within : [];
  const ids = fields.see("toolcallids");
  if (!Array.isArray(ids) || ids.length > 1) return resultOf(fields);
  fields.take("toolcallids");
  const read = resultOf(new Fields({ tool_call_id: ids[0], ...fields.rest }));
  fields.clear();
  return read;
}

function callsBeside(calls: unknown): Block[] {
  return isBlank(calls)
    ? []
    : listOf(calls).flatMap((each) =>
        isRecord(each) ? callIn(each) : [{ kind: "other", name: "tool call", value: each }],
      );
}

function callIn(sent: Sent): Block[] {
  const fields = new Fields(sent);
  const known = readBlock(sent);
  if (known?.[0]?.kind === "call") return known;
  if (sent.type === "function") fields.take("type");
  return call(fields);
}

/** Fields in which some senders say again what the content holds, as lines of its own. */
function takeRepeated(fields: Fields, said: string): void {
  const lines = `\n${said.trim()}\n`;
  for (const name of ["thought", "action", "response", "message", "text"]) {
    const value = fields.see(name);
    if (typeof value === "string" && value.trim() && lines.includes(`\n${value.trim()}\n`)) fields.take(name);
  }
}

export const isWords = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";
