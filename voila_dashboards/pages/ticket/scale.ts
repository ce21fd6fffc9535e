/** From moments of a run to places on the axis: all of it or a part of it, with idle gaps or without. */

import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";
import type { Layout, Place } from "./layout.ts";

export interface Scale {
  /** The place of a moment (ms since the run began): within [0, 1] where it is in sight. */
  at(ms: number): number;
  /** What share of the axis a ms takes where nothing is folded. */
  perMs: number;
  /** What is in sight, without the gaps that are folded. */
  drawn: Place[];
}

/** Shorter gaps are no reason to fold: a second, and this share of the run. */
const SHORTEST_GAP_MS = 1000;
const SHARE_OF_GAP = 0.04;
/** What is left of a folded gap, as a share of what is seen: one sees that there is one. */
const STUB = 0.015;
/** A step has no more bars: those with the shortest times between them are drawn as one. */
const MOST_BARS = 40;
/** Nearer bars, as a share of the axis, would be drawn as one anyway. */
const NEAREST = 0.002;

/**
 * Times in which nothing ran: no step that holds no other ones, no iteration, whose own time a model takes, and none of
 * which nobody knows when it ran.
 */
export function idleGaps(groups: readonly Part[], layout: Layout): Place[] {
  if (!layout.isTimed) return [];
  const told = inSequence(groups)
    .filter((part) => !part.children.length || part.kind === "iteration")
    .flatMap((part) => layout.places.get(part) ?? []);
  const busy = [...told, ...layout.unsure].sort((a, b) => a.from - b.from);
  const shortest = Math.max(SHORTEST_GAP_MS, layout.total * SHARE_OF_GAP);
  const gaps: Place[] = [];
  let until = 0;
  for (const { from, to } of busy) {
    if (from - until > shortest) gaps.push({ from: until, to: from });
    until = Math.max(until, to);
  }
  return gaps;
}

/** `seen` is what of the run is in sight; `gaps` those that are folded. */
export function scaleOf(seen: Place, gaps: readonly Place[]): Scale {
  const whole = Math.max(1e-9, seen.to - seen.from);
  const inside = gaps
    .map(({ from, to }) => ({ from: Math.max(from, seen.from), to: Math.min(to, seen.to) }))
    .filter(({ from, to }) => to > from);
  const folded = inside.reduce((sum, { from, to }) => sum + to - from, 0);
  const stub = Math.max(1e-9, whole - folded) * STUB;
  const total = whole - folded + stub * inside.length;
  const at = (ms: number): number => {
    const before = inside.reduce((sum, gap) => sum + saved(gap, ms, stub), 0);
    return (ms - seen.from - before) / total;
  };
  return { at, perMs: 1 / total, drawn: between(inside, seen) };
}

/** How much of a folded gap lies before `ms` and takes no place. */
function saved({ from, to }: Place, ms: number, stub: number): number {
  if (ms <= from) return 0;
  const share = Math.min(1, (ms - from) / (to - from));
  return share * (to - from - stub);
}

/** What of `seen` lies before, between and after `gaps`. */
function between(gaps: readonly Place[], { from, to }: Place): Place[] {
  const starts = [from, ...gaps.map((gap) => gap.to)];
  const ends = [...gaps.map((gap) => gap.from), to];
  return starts.map((start, i) => ({ from: start, to: ends[i] ?? to }));
}

/** What is seen of spans, as shares of the axis that is in sight. */
export function barsOf(spans: readonly Place[], scale: Scale): Place[] {
  const drawn = spans.flatMap((span): Place[] => {
    const [from, to] = [scale.at(span.from), scale.at(span.to)];
    if ((from < 0 && to <= 0) || (from >= 1 && to > 1)) return [];
    return [{ from: Math.max(0, from), to: Math.min(1, to) }];
  });
  return joined(drawn, MOST_BARS, NEAREST);
}

/** At most as many spans: those with the shortest times between them become one, and those nearer than `least`. */
export function joined(spans: readonly Place[], most: number, least: number): Place[] {
  const gaps = spans.slice(1).map((span, i) => span.from - (spans[i]?.to ?? 0));
  const widest = [...gaps].sort((a, b) => b - a)[most - 1] ?? -1;
  const found: Place[] = [];
  spans.forEach(({ from, to }, i) => {
    const gap = gaps[i - 1] ?? Infinity;
    const last = found.at(-1);
    if (last && (gap <= widest || gap < least)) last.to = to;
    else found.push({ from, to });
  });
  return found;
}
