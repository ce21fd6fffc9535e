/** Calls that failed of which only the conversation tells, and why something failed, in words. */

import { clip, isBlank, isRecord, label } from "../../web/text/labels.ts";
import type { Call, Result } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { parseJson } from "../../web/values/exact.ts";
import type { Hit } from "./find.ts";

/** Where trouble began. */
export interface Failure {
  /** The step; of a call that only a turn tells of, the call as a step would hold it. */
  part: Part;
  /** Of the turn that tells of it, from 0; null of a step. */
  place: number | null;
}

/** Those that no step tells of: neither the step of the call, nor one of that name whose call is not known. */
export function failedCallsOf(turns: readonly Turn[], groups: readonly Part[]): Failure[] {
  const said = turns.flatMap(({ blocks }, place) => blocks.filter(isFailedCall).map((block) => ({ block, place })));
  if (!said.length) return [];
  const steps = inSequence(groups).filter(({ kind, raw }) => kind === "tool call" && hasFailed(raw));
  const known = new Set(said.flatMap(({ block }) => (block.kind === "call" && block.key) || []));
  const told = new Set(steps.map(({ key }) => key));
  const others = new Map<string, number>();
  for (const { key, name } of steps) if (!known.has(key)) others.set(name, (others.get(name) ?? 0) + 1);
  return said.flatMap(({ block, place }) => {
    if (block.kind === "call" && block.key !== undefined && told.has(block.key)) return [];
    const left = others.get(block.name) ?? 0;
    if (left) others.set(block.name, left - 1);
    return left ? [] : { part: partOf(block), place };
  });
}

/** Where to go to see it. */
export const hitOf = ({ part, place }: Failure): Hit =>
  place === null ? { kind: "step", key: part.key } : { kind: "turn", place };

const isFailedCall = (block: Turn["blocks"][number]): block is Call | Result =>
  (block.kind === "call" || block.kind === "result") && block.failed;

function partOf(block: Call | Result): Part {
  const result = block.kind === "call" ? block.result : block;
  const beside = block.kind === "call" ? { ...block.rest, id: block.ids[0], arguments: block.given } : {};
  const back = { result: result?.sent, error: result?.error, is_error: true };
  const own = { rest: {}, start: null, duration: null, failed: true, children: [] };
  return { ...own, kind: "tool call", key: "", name: block.name || "tool", raw: { ...beside, ...back } };
}

/**
 * What it says, as Langfuse and OpenTelemetry have it too, else what the run's last error of that node says, else what
 * came back for a call.
 */
export function reasonOf({ kind, name, raw }: Part, errors: Run["errors"]): string {
  const told = errors.filter((error) => error.node === name).at(-1)?.message;
  const back = kind === "tool call" ? raw.result : null;
  const status = isRecord(raw.status) ? (raw.status.description ?? raw.status.message) : null;
  for (const each of [raw.error, raw.statusMessage, raw.status_message, status, told, back]) {
    const words = reasonIn(each).replace(/\s+/g, " ").trim();
    if (words) return clip(words, 240);
  }
  return "";
}

/** Where makers say why, in this order. */
const WHY = "message error detail description reason errorText text content output error_code code".split(" ");

function reasonIn(value: unknown, depth = 0): string {
  if (isBlank(value) || typeof value === "boolean" || depth > 8) return "";
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    const read = parseJson(value, null);
    return typeof read === "object" ? reasonIn(read, depth + 1) || value : value;
  }
  if (Array.isArray(value))
    return value
      .slice(0, 8)
      .map((each) => reasonIn(each, depth + 1))
      .filter(Boolean)
      .join(" ");
  if (!isRecord(value)) return label(value, "");
  for (const name of WHY) {
    const words = reasonIn(value[name], depth + 1);
    if (words) return words;
  }
  return label(value);
}
