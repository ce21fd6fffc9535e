/** How long a step took, as far as its log tells it: never by where it is drawn. */

import { count, DASH, duration, plural } from "../../web/text/numbers.ts";
import type { Part } from "../../web/trace/trace.ts";
import type { Layout } from "./layout.ts";

export interface Took {
  ms: number;
  /**
   * `told` by the step; `least`: what is in it took so long; `sum`: of a group, what those in it took together, whether
   * they ran at the same time or not; `part`: a sum of those that are known.
   */
  by: "told" | "least" | "sum" | "part";
  /** Of a group: how many of the steps in it are summed. */
  summed: number;
}

/** Null where nothing says. */
export function tookOf(part: Part, layout: Layout): Took | null {
  if (part.duration !== null) return { ms: part.duration, by: "told", summed: 0 };
  if (!layout.isTimed) return null;
  if (part.kind === "group") return sumOf(part, layout);
  const { from, to } = layout.places.get(part) ?? { from: 0, to: 0 };
  return to > from ? { ms: to - from, by: "least", summed: 0 } : null;
}

function sumOf({ children }: Part, layout: Layout): Took | null {
  const known = children.flatMap((child) => tookOf(child, layout) ?? []);
  if (!known.length) return null;
  const isWhole = known.length === children.length && known.every(({ by }) => by === "told" || by === "sum");
  const ms = known.reduce((sum, each) => sum + each.ms, 0);
  return { ms, by: isWhole ? "sum" : "part", summed: known.length };
}

const SIGNS = { told: "", least: "≥ ", sum: "Σ ", part: "Σ ≥ " } as const;

/** In a narrow column. */
export const tookShort = (took: Took | null): string => (took ? `${SIGNS[took.by]}${duration(took.ms)}` : DASH);

/** In words: what of it is known, and how. */
export function tookInWords(part: Part, took: Took | null): string {
  if (!took) return "duration not recorded";
  const ms = duration(took.ms);
  if (took.by === "told") return `took ${ms}`;
  if (took.by === "least") return `duration not recorded, at least ${ms} by what is in it`;
  const all = part.children.length;
  const summed = took.summed === all ? plural(all, "step") : `${count(took.summed)} of ${plural(all, "step")}`;
  return `${took.by === "part" ? "at least " : ""}${ms} in all: the sum of ${summed}`;
}
