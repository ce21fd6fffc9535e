/** What messages hold, whoever's format they are in, as blocks: words, thoughts, calls, results, pictures. */

import { isBlank } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";
import type { Sent } from "./fields.ts";

export type Block =
  | { kind: "text"; text: string; isPiece?: boolean }
  | { kind: "thought"; text: string }
  | Call
  | Result
  | { kind: "picture"; src: string }
  | { kind: "other"; name: string; value: unknown }
  | Rest;

/** Fields that no other block shows. */
export interface Rest {
  kind: "rest";
  value: unknown;
}

export interface Call {
  kind: "call";
  /** What its maker calls it; some have an id for the item, and one for the call. */
  ids: readonly string[];
  /** Of its step, where that is known. */
  key?: string;
  name: string;
  given: unknown;
  /** What came back; null where nothing did. */
  result: Result | null;
  failed: boolean;
  /** Its fields that are none of these. */
  rest: Sent;
}

export interface Result {
  kind: "result";
  /** Of the call it answers; empty where it says none. */
  id: string;
  name: string;
  blocks: Block[];
  /** What came back, and the error that stands beside it, as they were sent. */
  sent?: unknown;
  error?: unknown;
  failed: boolean;
  /** Whether the call that it names has a result already. */
  isAnother?: boolean;
}

/** A block for what is left of one; none where nothing is. */
export const restBlock = (value: unknown): Rest[] => (isBlank(value) ? [] : [{ kind: "rest", value }]);

/** Neighbouring words as one block, and what is left of all as the last one. */
export function joined(blocks: readonly Block[]): Block[] {
  const found: Block[] = [];
  const left: unknown[] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    if (block.kind === "rest") left.push(block.value);
    else if (block.kind === "text" && last?.kind === "text") found[found.length - 1] = both(last, block);
    else found.push(block);
  }
  return [...found, ...restBlock(left.length > 1 ? left : left[0])];
}

type Words = Extract<Block, { kind: "text" }>;

/** What cites a source is a piece of a sentence. */
function both(before: Words, after: Words): Words {
  const isPieces = before.isPiece || after.isPiece;
  const gap = isPieces || before.text.endsWith("\n") || after.text.startsWith("\n") ? "" : "\n\n";
  return { kind: "text", text: before.text + gap + after.text, isPiece: after.isPiece === true };
}

/** Whether blocks say anything beside fields that nobody has read. */
export const areEmpty = (blocks: readonly Block[]): boolean => blocks.every((block) => block.kind === "rest");

/** All that blocks hold, as text. */
export const wordsOf = (blocks: readonly Block[]): string => blocks.map(wordsOfBlock).join("\n");

function wordsOfBlock(block: Block): string {
  if (block.kind === "text" || block.kind === "thought") return block.text;
  if (block.kind === "picture") return "";
  if (block.kind === "other") return `${block.name} ${jsonText(block.value)}`;
  if (block.kind === "rest") return jsonText(block.value);
  if (block.kind === "result") return `${block.name} ${wordsOf(block.blocks)}`;
  const { name, given, result, rest } = block;
  return [name, jsonText(given), result ? wordsOf(result.blocks) : "", isBlank(rest) ? "" : jsonText(rest)].join(" ");
}
