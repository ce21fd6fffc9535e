/** Where each part of a run lies in time. */

import { DAY_MS } from "../../web/generated/contract.ts";
import { count, plural } from "../../web/text/numbers.ts";
import type { Part } from "../../web/trace/trace.ts";

/** From where to where a part lies, in ms since the run began. */
export interface Place {
  from: number;
  to: number;
}

export interface Layout {
  places: ReadonlyMap<Part, Place>;
  /** Where the last part ends, in ms, or in steps where nothing is in time. */
  total: number;
  /** Whether the axis is in time at all. */
  isTimed: boolean;
  /** What was guessed, in words. */
  note: string | null;
}

/** One wrong clock must not flatten the rest. */
const FAR_OFF_MS = 7 * DAY_MS;

export const withDescendants = (parts: readonly Part[]): Part[] =>
  parts.flatMap((part) => [part, ...withDescendants(part.children)]);

/** What has no time of its own comes after what was before it. */
export function layOut(groups: readonly Part[]): Layout {
  const recorded = withDescendants(groups).filter((part) => part.kind !== "group");
  const starts = recorded.flatMap((part) => (part.start === null ? [] : [part.start])).sort((a, b) => a - b);
  const middle = starts[Math.floor(starts.length / 2)] ?? 0;
  const isUsable = (start: number | null): start is number => start !== null && Math.abs(start - middle) < FAR_OFF_MS;
  const isTimed = starts.length > 0 || recorded.some((part) => part.duration !== null);
  const placing = new Placing(starts.find(isUsable) ?? 0, isUsable, isTimed);
  let cursor = 0;
  for (const group of groups) cursor = placing.place(group, cursor, isTimed ? 0 : Math.max(1, group.children.length));
  const without = recorded.filter((part) => !isUsable(part.start)).length;
  const total = Math.max(1e-9, placing.end);
  return { places: placing.places, total, isTimed, note: noteOf(isTimed, starts.length, without, recorded.length) };
}

class Placing {
  readonly places = new Map<Part, Place>();
  end = 0;
  readonly #zero: number;
  readonly #isUsable: (start: number | null) => start is number;
  readonly #isTimed: boolean;

  constructor(zero: number, isUsable: (start: number | null) => start is number, isTimed: boolean) {
    this.#zero = zero;
    this.#isUsable = isUsable;
    this.#isTimed = isTimed;
  }

  /** Places `part` and all in it from `cursor` on, `unit` long where nobody knows; says where the next one begins. */
  place(part: Part, cursor: number, unit: number): number {
    const from = this.#isUsable(part.start) ? part.start - this.#zero : cursor;
    const inner = this.#isTimed ? share(part, unit) : unit / Math.max(1, part.children.length);
    let next = from;
    for (const child of part.children) next = this.place(child, next, inner);
    const inside = part.children.map((child) => this.places.get(child) ?? { from, to: from });
    const end = inside.reduce((last, each) => Math.max(last, each.to), from);
    const to = part.duration !== null ? from + part.duration : part.children.length ? end : from + unit;
    const isFramed = part.kind === "group" && inside.length > 0;
    const start = isFramed ? inside.reduce((first, each) => Math.min(first, each.from), Infinity) : from;
    this.places.set(part, { from: start, to });
    this.end = Math.max(this.end, to);
    return Math.max(to, start);
  }
}

/** How long each child without a duration is drawn: what its parent has left, in equal shares. */
function share(part: Part, unit: number): number {
  if (part.duration === null) return part.children.length ? unit / part.children.length : unit;
  const bare = part.children.filter((child) => child.duration === null).length;
  const taken = part.children.reduce((sum, child) => sum + (child.duration ?? 0), 0);
  return bare ? Math.max(0, part.duration - taken) / bare : 0;
}

function noteOf(isTimed: boolean, started: number, without: number, recorded: number): string | null {
  if (!isTimed) return "This log carries no times: steps are drawn in their order, not by how long they took.";
  if (!started) return "This log carries no start times: steps are drawn one after another, as long as they took.";
  if (!without) return null;
  const steps = `${plural(without, "step")} of ${count(recorded)}`;
  return `${steps} without a usable start time: drawn in order, after what came before.`;
}
