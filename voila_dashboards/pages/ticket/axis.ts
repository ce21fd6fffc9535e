/** The names of the axis of time: as many as have room beside each other. */

import { DAY_MS } from "../../web/generated/contract.ts";
import { plural } from "../../web/text/numbers.ts";
import type { Layout } from "./layout.ts";
import type { Scale } from "./scale.ts";

/** Minutes and hours that people count in, in ms; what is shorter or longer is counted in 1, 2 and 5. */
const OF_A_CLOCK = [15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5];
const COUNTED = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4];
/** So many pixels are between two names. */
const GAP = 8;

/** A name, and how many pixels its left edge is from that of the axis. */
export interface Named {
  name: string;
  left: number;
}

/**
 * The names of an axis that is `width` pixels wide, where `widthOf` says how wide a name is: those of the smallest step
 * at which each of them has room.
 */
export function axisOf(layout: Layout, scale: Scale, width: number, widthOf: (name: string) => number): Named[] {
  for (let i = 0; ; i++) {
    const step = stepAt(i, layout.isTimed);
    const apart = step * scale.perMs * width;
    if (apart < GAP) continue; // no name is as narrow, and there may be millions
    const places = placesOf(step, layout, scale);
    const widths = places.map(({ name }) => widthOf(name));
    const named = apartFrom(places, widths, width);
    const isAll = named.length > places.length - scale.drawn.length; // beside each folded gap one may give way
    if (isAll || apart >= width) return named;
  }
}

function stepAt(i: number, isTimed: boolean): number {
  const [first, then] = isTimed ? [[...COUNTED, ...OF_A_CLOCK], DAY_MS] : [[], 1];
  const [power, which] = [Math.floor((i - first.length) / 3), (i - first.length) % 3];
  return first[i] ?? then * 10 ** power * ([1, 2, 5][which] ?? 1);
}

/** The named places in sight, as shares of the axis. Idle time that is folded has none. */
function placesOf(step: number, { isTimed, total }: Layout, { drawn, at }: Scale): { name: string; at: number }[] {
  const nameOf = (ms: number) => (isTimed ? momentName(ms) : `step ${ms + 1}`);
  const places: { name: string; at: number }[] = [];
  for (const { from, to } of drawn)
    for (let i = Math.ceil(from / step); i * step <= to * (1 + 1e-9) && (isTimed || i * step < total); i++)
      places.push({ name: nameOf(i * step), at: at(i * step) });
  return places;
}

/** A moment as exactly as it is: 1 h 30 s, where a length of time would be rounded to 1 h. */
function momentName(ms: number): string {
  if (ms < 1000) return ms ? `${ms} ms` : "0 s";
  if (ms % DAY_MS === 0) return plural(ms / DAY_MS, "day");
  const units = [
    [Math.floor(ms / 36e5), "h"],
    [Math.floor((ms % 36e5) / 6e4), "m"],
    [(ms % 6e4) / 1000, "s"],
  ] as const;
  return units.flatMap(([n, unit]) => (n ? `${n} ${unit}` : [])).join(" ");
}

/** Each in the middle of its place where it can be; none beyond an end, and none that touches the one before. */
function apartFrom(places: readonly { name: string; at: number }[], widths: readonly number[], width: number): Named[] {
  const named: Named[] = [];
  let end = -GAP;
  places.forEach(({ name, at }, i) => {
    const own = widths[i] ?? 0;
    const left = Math.max(0, Math.min(width - own, at * width - own / 2));
    if (left < end + GAP) return;
    named.push({ name, left });
    end = left + own;
  });
  return named;
}
