/** Steps of two runs side by side: by kind and name, in their order, each within those it lies in. Pure. */

import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import { isRepeats } from "../../web/trace/nest.ts";
import { fieldsOf } from "../../web/trace/step-fields.ts";
import type { Part } from "../../web/trace/trace.ts";
import { align } from "./align.ts";
import { isEqual, someWork, type Work } from "./json.ts";

/**
 * How the two sides of a row differ: `removed` is a step of the other run only, `added` of this one only; `outcome`: it
 * ended otherwise; `content`: what it was given or gave back is other.
 */
export type RowKind = "same" | "content" | "outcome" | "removed" | "added";

export interface StepRow {
  /** What an address names it by: the key of the step of this run, or with a minus that of the other one's. */
  key: string;
  kind: RowKind;
  depth: number;
  /** Of the other run. */
  left: Part | null;
  right: Part | null;
}

export interface StepComparison {
  rows: StepRow[];
  /** The place of the first row where the runs part; -1 where they do not. */
  first: number;
  isExact: boolean;
}

export function compareSteps(left: readonly Part[], right: readonly Part[]): StepComparison {
  const level = new Level();
  level.add(left, right, 0);
  return { rows: level.rows, first: firstOf(level.rows), isExact: level.isExact };
}

/** The first step of one run only, or that ended otherwise; where there is none, the first with another content. */
function firstOf(rows: readonly StepRow[]): number {
  const parted = rows.findIndex(({ kind }) => kind !== "same" && kind !== "content");
  return parted >= 0 ? parted : rows.findIndex(({ kind }) => kind === "content");
}

class Level {
  readonly rows: StepRow[] = [];
  isExact = true;
  readonly #work: Work = someWork();

  add(left: readonly Part[], right: readonly Part[], depth: number): void {
    const [a, b] = [ungrouped(left), ungrouped(right)];
    const { pairs, isExact } = align(a.map(nameOf), b.map(nameOf));
    this.isExact &&= isExact;
    for (const { left: i, right: j } of pairs) this.#addPair(a[i] ?? null, b[j] ?? null, depth);
  }

  #addPair(left: Part | null, right: Part | null, depth: number): void {
    const key = right ? right.key : `-${left?.key}`;
    this.rows.push({ key, kind: this.#kindOf(left, right), depth, left, right });
    this.add(left?.children ?? [], right?.children ?? [], depth + 1);
  }

  #kindOf(left: Part | null, right: Part | null): RowKind {
    if (!left) return "added";
    if (!right) return "removed";
    if (endOf(left) !== endOf(right)) return "outcome";
    const others = comparedOf(right);
    return comparedOf(left).every(([, value], i) => isEqual(value, others[i]?.[1], this.#work)) ? "same" : "content";
  }
}

/** Repeats that are one row elsewhere are steps of their own here. */
const ungrouped = (parts: readonly Part[]): Part[] =>
  parts.flatMap((part) => (isRepeats(part) ? ungrouped(part.children) : [part]));

/** Steps of one name stand for each other; an iteration has that of what it did. */
function nameOf(part: Part): string {
  if (part.kind === "iteration") return `iteration ${part.node ?? ""} ${deedOf(part)}`;
  if (part.kind === "group" && part.key === "g-calls") return "calls";
  return `${part.kind} ${part.name}`;
}

function deedOf({ raw, children }: Part): string {
  if (children.length) return children.map((call) => call.name).join("\n");
  const action = isRecord(raw.action) ? (raw.action.name ?? raw.action.tool) : raw.action;
  const words = isBlank(action) ? "" : label(action);
  return /^\S{1,60}$/.test(words) ? words : "";
}

/** What a step is called beside others: an iteration by what it did, for its number says little. */
export function titleOf(part: Part): string {
  const deed = part.kind === "iteration" ? deedOf(part).replaceAll("\n", ", ") : "";
  return deed ? `${part.name}: ${deed}` : part.name;
}

/** How a step ended by itself, as the log says. */
const endOf = ({ raw }: Part): string => (hasFailed(raw) ? "failed" : label(raw.status, "ok").toLowerCase());

/** What of a step is compared, blank or not: all that it holds, without ids and figures. */
export const comparedOf = ({ rest, ...part }: Part): [string, unknown][] =>
  fieldsOf({ ...part, rest: withoutIds(rest) });

/** Ids name a step and tell nothing of it; tokens and costs are compared as figures. */
const withoutIds = (rest: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(rest).filter(([name]) => !/(^|_)id$|(^|_)tokens$|^cost_usd$/.test(name)));
