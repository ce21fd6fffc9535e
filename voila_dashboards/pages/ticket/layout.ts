/** Where each part of a run is drawn: where its log says that it ran, else by a guess, which is marked. */

import { DAY_MS } from "../../web/generated/contract.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";
import { type RunTime, runTimeOf } from "./run-time.ts";
import { union } from "./spans.ts";

/** From where to where a part lies, in ms since the run began. */
export interface Place {
  from: number;
  to: number;
}

export interface Placed extends Place {
  /** Whether nothing says when it, or anything in it, began: it is drawn after what came before. */
  isGuessed: boolean;
  /** Of a group, which never ran itself: when those in it ran, in their order, each moment once. */
  spans?: readonly Place[];
}

export interface Layout {
  places: ReadonlyMap<Part, Placed>;
  /** Where the last part ends, in ms, or in steps where nothing is in time. */
  total: number;
  /** Whether the axis is in time at all. */
  isTimed: boolean;
  /** What of the run's time is known; null where nothing is. */
  run: RunTime | null;
  /** Times in which a step may have run of which nobody knows when it began or ended. */
  unsure: readonly Place[];
}

/** One wrong clock must not flatten the rest. */
const FAR_OFF_MS = 7 * DAY_MS;

export function layOut(groups: readonly Part[]): Layout {
  const recorded = inSequence(groups).filter((part) => part.kind !== "group");
  const begins = usableStarts(recorded);
  const isTimed = recorded.some((part) => part.start !== null || part.duration !== null);
  const run = runTimeOf(groups, recorded, begins);
  if (!isTimed) return { ...inSteps(groups), isTimed, run };
  const placing = new Placing(begins);
  let cursor = 0;
  for (const group of groups) cursor = placing.place(group, cursor, null);
  const total = Math.max(1e-9, placing.end);
  const unsure = placing.unsure.map(({ from, to }) => ({ from, to: Math.min(to, total) }));
  return { places: placing.places, total, isTimed, run, unsure };
}

/** When each part began, in ms since the first did: of those that say it, and are not far from all others. */
export function usableStarts(recorded: readonly Part[]): Map<Part, number> {
  const timed = recorded.filter((part): part is Part & { start: number } => part.start !== null);
  const starts = timed.map((part) => part.start).sort((a, b) => a - b);
  const middle = starts[Math.floor(starts.length / 2)] ?? 0;
  const isUsable = (start: number): boolean => Math.abs(start - middle) < FAR_OFF_MS;
  const zero = starts.find(isUsable) ?? 0;
  return new Map(timed.filter((part) => isUsable(part.start)).map((part) => [part, part.start - zero]));
}

/** Each part as long as there are parts in it, one after the other. */
function inSteps(groups: readonly Part[]): Pick<Layout, "places" | "total" | "unsure"> {
  const places = new Map<Part, Placed>();
  const put = (part: Part, from: number, unit: number): void => {
    const inner = unit / Math.max(1, part.children.length);
    places.set(part, { from, to: from + unit, isGuessed: true });
    for (const [i, child] of part.children.entries()) put(child, from + i * inner, inner);
  };
  let total = 0;
  for (const group of groups) {
    const unit = Math.max(1, group.children.length);
    put(group, total, unit);
    total += unit;
  }
  return { places, total: Math.max(1e-9, total), unsure: [] };
}

class Placing {
  readonly places = new Map<Part, Placed>();
  readonly unsure: Place[] = [];
  end = 0;
  readonly #begins: ReadonlyMap<Part, number>;
  /** When each part began at the latest: by itself, or by what is in it. */
  readonly #known = new Map<Part, number | null>();

  constructor(begins: ReadonlyMap<Part, number>) {
    this.#begins = begins;
  }

  /**
   * Places `part` and all in it; `cursor` is where it is drawn if nobody knows when it began, `frame` the step around
   * it that says how long it took. Says where the next one is drawn.
   */
  place(part: Part, cursor: number, frame: Place | null): number {
    const known = this.#knownBegin(part);
    const from = known ?? guessedBegin(part, cursor, frame);
    const own = part.duration === null ? null : { from, to: from + part.duration };
    let next = from;
    for (const child of part.children) next = this.place(child, next, own ?? frame);
    const placed = { ...(own ?? this.#span(part, from)), isGuessed: known === null };
    this.places.set(
      part,
      part.kind === "group"
        ? { ...placed, spans: union(this.#surest(part).flatMap((each) => each.spans ?? [each])) }
        : placed,
    );
    this.#doubt(part, placed, frame);
    this.end = Math.max(this.end, placed.to);
    return Math.max(placed.to, cursor);
  }

  #knownBegin(part: Part): number | null {
    const found = this.#known.get(part);
    if (found !== undefined) return found;
    let first = this.#begins.get(part) ?? null;
    if (first === null)
      for (const child of part.children) {
        const begun = this.#knownBegin(child);
        if (begun !== null && (first === null || begun < first)) first = begun;
      }
    this.#known.set(part, first);
    return first;
  }

  /** A part that says no duration lasted as long as what is in it; where that is nothing, no time is claimed. */
  #span(part: Part, from: number): Place {
    const inside = part.kind === "group" ? this.#surest(part) : this.#placesIn(part);
    const endOf = (each: Placed): number =>
      each.isGuessed && part.kind !== "group" ? from + each.to - each.from : each.to;
    return { from, to: inside.reduce((last, each) => Math.max(last, endOf(each)), from) };
  }

  /** Where those in it lie whose times are known; where nobody's is, where they are drawn. */
  #surest(part: Part): Placed[] {
    const inside = this.#placesIn(part);
    const known = inside.filter((each) => !each.isGuessed);
    return known.length ? known : inside;
  }

  #placesIn = (part: Part): Placed[] => part.children.flatMap((child) => this.places.get(child) ?? []);

  #doubt(part: Part, { from, isGuessed }: Placed, frame: Place | null): void {
    if (part.duration !== null && !isGuessed) return;
    if (part.children.length && part.kind !== "iteration") return;
    this.unsure.push({ from: isGuessed ? (frame?.from ?? 0) : from, to: Math.max(from, frame?.to ?? Infinity) });
  }
}

/** After what came before, but within the step around it as far as there is room. */
function guessedBegin({ duration }: Part, cursor: number, frame: Place | null): number {
  const latest = frame ? Math.max(frame.from, frame.to - (duration ?? 0)) : cursor;
  return Math.min(cursor, latest);
}
