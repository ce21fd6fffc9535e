/** Which part of a name, or of an id, another one ran in: where many have the same one, time tells. */

import type { Part } from "./trace.ts";

/** Times are rounded: by so much a part may seem to have begun before the one around it, or ended after it. */
const SLACK_MS = 1;
/** So many of one name that lie in each other and had all ended are passed by to find one that ran. */
const MOST_LOOKS = 1000;

type KeyOf = (part: Part) => string;

/** Asks for the part that another one names by `key`; undefined where there is none. */
export type Around = (key: string, inner: Part) => Part | undefined;

/** `own` is the key of a part, `outer` the one that it names as being around it; empty where it has none. */
export function aroundBy(parts: readonly Part[], own: KeyOf, outer: KeyOf): Around {
  const byKey = new Map<string, Part[]>();
  for (const part of parts) {
    const key = own(part);
    const found = byKey.get(key);
    if (found) found.push(part);
    else byKey.set(key, [part]);
  }
  const made = new Map<string, Candidates>();
  return (key, inner) => {
    const found = key === "" ? undefined : byKey.get(key);
    if (!found) return undefined;
    const candidates = made.get(key) ?? new Candidates(found, (part) => outer(part) === key);
    made.set(key, candidates);
    return candidates.around(inner, own(inner) === key);
  };
}

/** Parts of one key. */
class Candidates {
  readonly #timeline: Timeline;
  readonly #first: Part | undefined;
  readonly #untimed: Part | undefined;
  /** The first that names no part of its own key, of all and of those without a time: others of the key lie in it. */
  readonly #outer: Part | undefined;
  readonly #untimedOuter: Part | undefined;

  constructor(parts: readonly Part[], isInner: (part: Part) => boolean) {
    const untimed = parts.filter((part) => part.start === null);
    this.#timeline = new Timeline(parts.filter((part) => part.start !== null));
    [this.#first, this.#untimed] = [parts[0], untimed[0]];
    this.#outer = parts.find((part) => !isInner(part));
    this.#untimedOuter = untimed.find((part) => !isInner(part));
  }

  /**
   * The innermost that ran all the time that `inner` did, else when it began; else one whose time nobody knows; else,
   * as it is named, the nearest in time. Where `inner` is one of them, another is meant, and only one that ran then.
   */
  around(inner: Part, isOne: boolean): Part | undefined {
    const { start } = inner;
    if (start === null) return isOne ? other(this.#outer, inner) : this.#first;
    const ran = this.#timeline.around(inner, start);
    if (ran) return ran;
    if (isOne) return other(this.#untimedOuter, inner);
    return this.#untimed ?? this.#timeline.nearest(start);
  }
}

const other = (part: Part | undefined, than: Part): Part | undefined => (part === than ? undefined : part);
const beginOf = (part: Part | undefined): number => part?.start ?? Infinity;
/** A part that says no duration may run still. */
const endOf = (part: Part | undefined): number => beginOf(part) + (part?.duration ?? Infinity);

const byLength = (a: Part, b: Part): number => (a.duration === b.duration ? 0 : lengthOf(a) < lengthOf(b) ? -1 : 1);
const lengthOf = ({ duration }: Part): number => duration ?? Infinity;

/** Parts that say when they began, in that order; of those that began at once the longest first. */
class Timeline {
  readonly #parts: readonly Part[];
  readonly #places: ReadonlyMap<Part, number>;
  /** Of each part: the place of the last before it that ended later; -1 where there is none. */
  readonly #outlasting: number[] = [];

  constructor(parts: readonly Part[]) {
    this.#parts = [...parts].sort((a, b) => beginOf(a) - beginOf(b) || byLength(b, a));
    this.#places = new Map(this.#parts.map((part, place) => [part, place]));
    for (const [place, part] of this.#parts.entries()) {
      let before = place - 1;
      while (before >= 0 && endOf(this.#parts[before]) <= endOf(part)) before = this.#outlasting[before] ?? -1;
      this.#outlasting.push(before);
    }
  }

  around(inner: Part, start: number): Part | undefined {
    const until = this.#places.get(inner) ?? this.#begunBy(start + SLACK_MS);
    const whole = inner.duration === null ? undefined : this.#ranAt(until, endOf(inner) - SLACK_MS);
    return whole ?? this.#ranAt(until, start - SLACK_MS);
  }

  nearest(start: number): Part | undefined {
    const next = this.#parts[this.#begunBy(start)];
    const ended = this.#lastEnded(this.#begunBy(start));
    return ended && start - endOf(ended) <= beginOf(next) - start ? ended : next;
  }

  /** How many had begun. */
  #begunBy(moment: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (beginOf(this.#parts[middle]) <= moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last of those before the place `until` that ended at `moment` or later. */
  #ranAt(until: number, moment: number): Part | undefined {
    let at = until - 1;
    for (let looks = 0; at >= 0 && endOf(this.#parts[at]) < moment; looks++)
      at = looks < MOST_LOOKS ? (this.#outlasting[at] ?? -1) : -1;
    return this.#parts[at];
  }

  #lastEnded(until: number): Part | undefined {
    let last = until - 1;
    for (let at = last, looks = 0; at >= 0 && looks < MOST_LOOKS; looks++) {
      last = at;
      at = this.#outlasting[at] ?? -1;
    }
    return this.#parts[last];
  }
}
