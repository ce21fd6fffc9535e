/** Messages of a run as turns: who said what, and each call together with what came back for it. */

import { TRACE_FIELDS } from "../generated/contract.ts";
import { isBlank, isRecord, label } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";
import { type Block, besideContent, blocksOf, type Call, type Result, resultOf, thoughtsOf } from "./blocks.ts";
import { type Part, restOf } from "./trace.ts";

export type Role = "system" | "user" | "assistant" | "tool" | "other";

export interface Turn {
  /** Its place among the messages, from 0. */
  index: number;
  role: Role;
  /** What the log calls it. */
  name: string;
  blocks: Block[];
  /** What no block shows. */
  rest: Record<string, unknown>;
  /** Whether results were in it that stand with their calls now. */
  hadResults: boolean;
}

const ROLES: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  ai: "assistant",
  model: "assistant",
  tool: "tool",
  function: "tool",
};
/** Fields that blocks are made of. */
const READ = [
  ...TRACE_FIELDS.messages,
  ...["parts", "tool_calls", "function_call", "tool_call_id", "tool_call_ids", "name", "function", "is_error"],
  ...["reasoning_content", "reasoning", "thinking", "type", "kind", "status"],
];
/** Items of a list of messages that are a block themselves, as Responses has them. */
const ITEMS = /^(function_call|function_call_output|reasoning|tool_use|tool_result|tool_call|mcp_call)$/;

/** `calls` are those that steps of the run tell of: some senders leave them out of their messages. */
export function turnsOf(messages: readonly Record<string, unknown>[], calls: readonly Part[] = []): Turn[] {
  const turns = answered(messages.map(readTurn));
  const complete = completing(calls);
  const completed = turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(complete) }));
  return completed.filter((turn, i) => turn.blocks.length || !isBlank(turn.rest) || !isCalling(turn, completed[i + 1]));
}

/** A turn without words that only made the calls whose results come next; or one whose results went to their calls. */
const isCalling = (turn: Turn, next: Turn | undefined): boolean =>
  turn.role === "tool" || (turn.role === "assistant" && next?.role === "tool") || turn.hadResults;

/** Makes a result without a call one with the call of the run that gave back the same. */
function completing(calls: readonly Part[]): (block: Block) => Block {
  let from = 0;
  let places: Map<string, number[]> | null = null;
  return (block) => {
    if (block.kind !== "result") return block;
    places ??= placesByBack(calls);
    const at = (places.get(backOf(block) ?? "\0") ?? []).find((place) => place >= from) ?? -1;
    const call = calls[at];
    if (!call) return block;
    from = at + 1;
    const id = label(call.raw.id, "");
    return { kind: "call", id, key: call.key, name: call.name, given: call.raw.arguments, result: block };
  };
}

const backOf = ({ blocks: [only, ...more] }: Result): string | null =>
  only === undefined ? "" : only.kind === "text" && !more.length ? only.text.trim() : null;

/** Where calls are that gave back the same. */
function placesByBack(calls: readonly Part[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  calls.forEach(({ raw }, place) => {
    const back = typeof raw.result === "string" ? raw.result.trim() : jsonText(raw.result ?? "");
    const found = places.get(back);
    if (found) found.push(place);
    else places.set(back, [place]);
  });
  return places;
}

function readTurn(message: Record<string, unknown>, index: number): Turn {
  const { role, name } = roleOf(message);
  const said = first(message.content, message.parts, message.value, message.text);
  const isItem = ITEMS.test(String(message.type));
  if (isItem) return { index, role, name, blocks: blocksOf([message]), rest: {}, hadResults: false };
  const own = role === "tool" && !hasResults(message.parts) ? resultOf(message, said) : blocksOf(said);
  const blocks = [...thoughtsOf(message), ...own, ...besideContent(message)];
  return { index, role, name, blocks, rest: unsaid(restOf(message, READ), said), hadResults: false };
}

const first = (...values: unknown[]): unknown => values.find((value) => !isBlank(value));

const hasResults = (parts: unknown): boolean => Array.isArray(parts);

function roleOf(message: Record<string, unknown>): { role: Role; name: string } {
  const type = String(message.type ?? "");
  if (isBlank(message.role) && /^function_call$|^reasoning$|^mcp_call$|tool_use|tool_call$/.test(type))
    return { role: "assistant", name: "assistant" };
  const name = label(first(message.role, message.type, message.kind), "message");
  const known = Object.hasOwn(ROLES, name.toLowerCase()) ? ROLES[name.toLowerCase()] : undefined;
  return { role: known ?? (type === "function_call_output" ? "tool" : "other"), name };
}

/** Some senders say a thought, or an action, a second time beside the content that holds it. */
function unsaid(rest: Record<string, unknown>, said: unknown): Record<string, unknown> {
  if (typeof said !== "string") return rest;
  const isSaid = (value: unknown) => typeof value === "string" && value.trim() !== "" && said.includes(value.trim());
  return Object.fromEntries(Object.entries(rest).filter(([key, value]) => key.length < 2 || !isSaid(value)));
}

/** Puts each result to its call: by the id it names, else to the first of its name that waits for one. */
function answered(turns: readonly Turn[]): Turn[] {
  const waiting: Call[] = [];
  return turns.map((turn) => {
    const left = turn.blocks.filter((block) => {
      if (block.kind === "call") waiting.push(block);
      return block.kind !== "result" || !answer(waiting, block);
    });
    return { ...turn, blocks: left, hadResults: left.length < turn.blocks.length };
  });
}

function answer(waiting: Call[], result: Result): boolean {
  const named = waiting.findIndex((call) => result.id !== "" && call.id === result.id);
  const alike = (call: Call) => !(call.id && result.id) && (!result.name || call.name === result.name);
  const at = named >= 0 ? named : waiting.findIndex(alike);
  const call = waiting[at];
  if (!call) return false;
  call.result = result;
  waiting.splice(at, 1);
  return true;
}

/** Fields in which answers of frameworks have their words. */
const SAID = ["content", "text", "response", "answer", "output", "message"];

/** What a run said last: words, as what they are, and what stands beside them. */
export function finalOf(final: unknown): { blocks: Block[]; rest: Record<string, unknown> } {
  const answers = isRecord(final) ? answersOf(final) : [];
  if (isRecord(final) && answers.length) return { blocks: answers, rest: restOf(final, ["choices", "candidates"]) };
  const name = isRecord(final) && isBlank(final.type) ? SAID.find((each) => isWords(final[each])) : undefined;
  if (!isRecord(final) || name === undefined) return { blocks: blocksOf(final), rest: {} };
  return { blocks: blocksOf(final[name]), rest: restOf(final, [name]) };
}

/** Of an answer of a model as its maker sends it: OpenAI's choices, Gemini's candidates. */
function answersOf({ choices, candidates }: Record<string, unknown>): Block[] {
  const all = [choices, candidates].flatMap((each) => (Array.isArray(each) ? each : []));
  return all.flatMap((each) => {
    const said = isRecord(each) ? (each.message ?? each.content) : null;
    return isRecord(said) ? blocksOf(first(said.content, said.parts)) : [];
  });
}

const isWords = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";
