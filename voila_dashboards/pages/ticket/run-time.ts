/** How long a run took, by what its steps tell of it: never by where a step is drawn. */

import type { Part } from "../../web/trace/trace.ts";

export interface RunTime {
  ms: number;
  /** Whether its first moment and its last are told: else it may have taken another time. */
  isWhole: boolean;
}

/**
 * From the first known moment to the last; where no step says when it began, what all took one after the other. Null
 * where one of them does not say that either.
 */
export function runTimeOf(
  groups: readonly Part[],
  recorded: readonly Part[],
  begins: ReadonlyMap<Part, number>,
): RunTime | null {
  const outer = withoutGroups(groups);
  if (!begins.size) return sumOf(outer);
  const lastBegin = latest([...begins.values()]);
  const lastEnd = latest([...begins].map(([part, begin]) => (part.duration === null ? 0 : begin + part.duration)));
  const longest = latest(recorded.map(({ duration }) => duration ?? 0));
  const isTold = outer.every((part) => begins.has(part) && part.duration !== null);
  return known(latest([lastBegin, lastEnd, longest]), isTold && lastEnd >= lastBegin);
}

const withoutGroups = (parts: readonly Part[]): Part[] =>
  parts.flatMap((part) => (part.kind === "group" ? withoutGroups(part.children) : [part]));

const latest = (moments: readonly number[]): number => moments.reduce((last, each) => Math.max(last, each), 0);

function sumOf(outer: readonly Part[]): RunTime | null {
  if (outer.some((part) => part.duration === null)) return null;
  const ms = outer.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  return known(ms, false);
}

const known = (ms: number, isWhole: boolean): RunTime | null => (ms > 0 ? { ms, isWhole } : null);
