/** What each step took and cost. */

import { num } from "../../web/text/numbers.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import type { Part } from "../../web/trace/trace.ts";
import type { Layout } from "./layout.ts";

/** Sums of a step and all in it; null where nothing in it says. Times in ms. */
export interface Figures {
  /** What is left of its duration when that of the steps in it is taken away. */
  own: number | null;
  /** What hinders `own` from being exact: nothing, a step in it that says no duration, or one that says no start. */
  ownBy: "told" | "most" | "estimate";
  /** Its part of the run's time, in [0, 1]; null where one of them is not known. */
  share: number | null;
  /** Whether the run may have taken another time than its steps tell: then the share is an estimate. */
  isEstimate: boolean;
  inputTokens: number | null;
  outputTokens: number | null;
  /** US dollars. */
  cost: number | null;
  /** Steps that failed by themselves: it, and those in it. */
  failures: number;
}

export type AllFigures = ReadonlyMap<Part, Figures>;

export function figuresOf(groups: readonly Part[], layout: Layout): AllFigures {
  const all = new Map<Part, Figures>();
  const measure = (part: Part): Figures => {
    const inner = part.children.map(measure);
    const figures: Figures = {
      own: part.duration === null ? null : ownTime(part, layout),
      ownBy: ownBy(part, layout),
      share: part.duration === null || !layout.run ? null : Math.min(1, part.duration / layout.run.ms),
      isEstimate: !layout.run?.isWhole,
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

function ownBy({ children }: Part, { places }: Layout): Figures["ownBy"] {
  if (children.some((child) => child.duration === null)) return "most";
  return children.some((child) => places.get(child)?.isGuessed) ? "estimate" : "told";
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
