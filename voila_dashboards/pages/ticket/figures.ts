/** What each step took and cost, and which one a debugger wants to see first. */

import { num } from "../../web/text/numbers.ts";
import { inSequence } from "../../web/trace/nest.ts";
import { hasFailed, type Part } from "../../web/trace/trace.ts";
import type { Layout } from "./layout.ts";

/** Sums of a step and all in it; null where nothing in it says. Times in ms. */
export interface Figures {
  /** What is left of its duration when that of the steps in it is taken away. */
  own: number | null;
  /** Its part of the whole run's time, in [0, 1]. */
  share: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  /** US dollars. */
  cost: number | null;
  /** Steps that failed by themselves: it, and those in it. */
  failures: number;
}

export type AllFigures = ReadonlyMap<Part, Figures>;

/** A step that takes less of the run on its own is no reason to look at it first. */
const MATTERS = 0.2;

export function figuresOf(groups: readonly Part[], layout: Layout): AllFigures {
  const all = new Map<Part, Figures>();
  const measure = (part: Part): Figures => {
    const inner = part.children.map(measure);
    const figures: Figures = {
      own: part.duration === null ? null : ownTime(part, layout),
      share: part.duration === null || !layout.isTimed ? null : Math.min(1, part.duration / layout.total),
      inputTokens: total(num(part.raw.input_tokens), inner, "inputTokens"),
      outputTokens: total(num(part.raw.output_tokens), inner, "outputTokens"),
      cost: total(num(part.raw.cost_usd), inner, "cost"),
      failures: inner.reduce((sum, each) => sum + each.failures, hasFailed(part.raw) ? 1 : 0),
    };
    all.set(part, figures);
    return figures;
  };
  for (const group of groups) measure(group);
  return all;
}

/** What a step says of itself counts; else what those in it say. */
function total(own: number | null, inner: readonly Figures[], name: "inputTokens" | "outputTokens" | "cost") {
  if (own !== null) return own;
  const told = inner.flatMap((each) => (each[name] === null ? [] : [each[name]]));
  return told.length ? told.reduce((sum, each) => sum + each, 0) : null;
}

/** Steps inside that ran at the same time are taken away once. */
function ownTime(part: Part, { places }: Layout): number {
  const frame = places.get(part) ?? { from: 0, to: 0 };
  const inside = part.children
    .map((child) => places.get(child) ?? { from: 0, to: 0 })
    .map(({ from, to }) => ({ from: Math.max(from, frame.from), to: Math.min(to, frame.to) }))
    .sort((a, b) => a.from - b.from);
  let own = frame.to - frame.from;
  let until = frame.from;
  for (const { from, to } of inside) {
    own -= Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.max(0, own);
}

/** Steps that failed and hold none that failed: where each trouble began. */
export const failuresOf = (groups: readonly Part[]): Part[] =>
  inSequence(groups).filter((part) => hasFailed(part.raw) && !part.children.some((child) => child.failed));

/**
 * The step to look at first: of a run that failed, the last that failed, which it did not get over; of another, the
 * first that failed; else the slowest where it matters; else the first.
 */
export function firstToSee(groups: readonly Part[], all: AllFigures, layout: Layout, hasRunFailed: boolean) {
  const failures = failuresOf(groups);
  const failed = hasRunFailed ? failures.at(-1) : failures[0];
  if (failed) return failed;
  const parts = inSequence(groups);
  const ownOf = (part: Part): number => all.get(part)?.own ?? 0;
  const slowest = parts.reduce<Part | undefined>(
    (most, part) => (most && ownOf(most) >= ownOf(part) ? most : part),
    undefined,
  );
  return slowest && layout.isTimed && ownOf(slowest) >= MATTERS * layout.total
    ? slowest
    : (parts.find((part) => part.kind !== "group") ?? parts[0]);
}
