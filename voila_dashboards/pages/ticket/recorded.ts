/** What a test case replays: turns with what was said in each, and calls with what came back. Pure. */

import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import type { Block, Call } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import { blocksOf } from "../../web/trace/reading.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { jsonText, parseJson } from "../../web/values/exact.ts";

type Message = Record<string, unknown>;

/** What the system and the user said before an answer, and all that came until they spoke again. */
export interface RecordedTurn {
  inputs: unknown[];
  answers: unknown[];
  /** The words of the last answer; null where it has none. */
  response: unknown;
}

export interface RecordedCall {
  name: string;
  arguments: unknown;
  result: unknown;
  /** Of one that failed only. */
  error?: unknown;
}

/** Of a run without messages, one turn: what its first step was given. */
export function recordedTurns(run: Run | null, groups: readonly Part[]): RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  for (const message of run?.messages ?? []) {
    const last = turns.at(-1);
    const isGiven = isInput(message);
    if (!last || (isGiven && last.answers.length)) turns.push({ inputs: [], answers: [], response: null });
    turns.at(-1)?.[isGiven ? "inputs" : "answers"].push(message);
  }
  for (const turn of turns) turn.response = responseOf(turn.answers as Message[]);
  if (turns.length) return turns;
  const first = inSequence(groups).find((part) => !isBlank(part.raw.input));
  return first ? [{ inputs: [first.raw.input], answers: [], response: run?.final ?? null }] : [];
}

/** Some makers have users hand on what tools gave back. */
const isInput = (message: Message): boolean =>
  /^(system|developer|user|human|request)$/i.test(label(message.role ?? message.type ?? message.kind, "")) &&
  !isOfTools(message.content) &&
  !isOfTools(message.parts);

const isOfTools = (content: unknown): boolean =>
  Array.isArray(content) &&
  content.length > 0 &&
  content.every(
    (each) =>
      isRecord(each) &&
      (/tool.?result|tool.?return/i.test(label(each.type ?? each.part_kind, "")) ||
        "functionResponse" in each ||
        "function_response" in each ||
        "toolResult" in each),
  );

function responseOf(answers: readonly Message[]): unknown {
  for (const { content, parts } of [...answers].reverse()) {
    const words = typeof content === "string" ? content : textOf(blocksOf(isBlank(content) ? parts : content));
    if (words) return words;
  }
  return null;
}

const textOf = (blocks: readonly Block[]): string =>
  blocks.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join("\n\n");

/** Calls of steps in their order, then those that only messages tell of. */
export function recordedCalls(turns: readonly Turn[], groups: readonly Part[]): RecordedCall[] {
  const done = inSequence(groups).filter((part) => part.kind === "tool call");
  const told = new Map<string, number>();
  for (const { name, raw } of done) add(told, nameOf(name, raw.arguments), 1);
  const said = callsIn(turns).filter((call) => {
    const name = nameOf(call.name, call.given);
    if (call.key !== undefined || (told.get(name) ?? 0) > 0) return add(told, name, -1);
    return true;
  });
  return [...done.map(callOfStep), ...said.map(callOfTurn)];
}

/** Always false. */
function add(counts: Map<string, number>, name: string, by: number): false {
  counts.set(name, (counts.get(name) ?? 0) + by);
  return false;
}

const nameOf = (name: string, given: unknown): string =>
  `${name} ${jsonText((typeof given === "string" ? parseJson(given, given) : given) ?? null)}`;

const callsIn = (turns: readonly Turn[]): Call[] =>
  turns.flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === "call" ? [block] : [])));

const callOfStep = ({ name, raw, failed }: Part): RecordedCall => ({
  name,
  arguments: raw.arguments ?? null,
  result: raw.result ?? null,
  ...(failed || !isBlank(raw.error) ? { error: errorOf(raw.error, raw.status) } : {}),
});

function callOfTurn(call: Call): RecordedCall {
  const { name, given, result, failed } = call;
  const back = result ? backOf(result.blocks) : null;
  return {
    name,
    arguments: given ?? null,
    result: failed ? null : back,
    ...(failed ? { error: errorOf(back, null) } : {}),
  };
}

/** A failed call of which nothing else is known has at least its status. */
const errorOf = (error: unknown, status: unknown): unknown =>
  isBlank(error) || error === true ? `the call failed${isBlank(status) ? "" : ` with status ${label(status)}`}` : error;

function backOf(blocks: readonly Block[]): unknown {
  const [only, ...more] = blocks.filter((block) => block.kind !== "rest");
  if (only?.kind === "other" && !more.length) return only.value;
  if (only?.kind === "picture" && !more.length) return only.src;
  const told = blocks.map((block) =>
    block.kind === "text" ? block.text : block.kind === "other" ? jsonText(block.value) : "",
  );
  return told.filter(Boolean).join("\n\n") || null;
}
