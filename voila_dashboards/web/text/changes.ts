/** How a figure differs from the one of the time before, in words. */

import { count } from "./numbers.ts";

/** A change from one time to the next: in words, and whether it is for the better. */
export interface Change {
  text: string;
  tone: "" | "cl-good" | "cl-bad";
}

/**
 * How `now` differs from `then`: in percent of it, or as so many times as much; in points where both are shares.
 * `good` is the direction that is better, 0 where neither is. Null where nothing was before; "" in `text` where nothing
 * changed.
 */
export function change(now: number, then: number, good: -1 | 0 | 1, inPoints = false): Change | null {
  if (!inPoints && then === 0) return null;
  const moved = inPoints ? (now - then) * 100 : ((now - then) / then) * 100;
  const size = Math.abs(moved);
  if (size < 1e-9) return { text: "", tone: "" }; // numbers of a computer are no more exact
  const written = size < 0.05 ? "< 0.1" : size.toFixed(1);
  const amount = size >= 1000 ? `×${count(now / then)}` : `${written} ${inPoints ? "points" : "%"}`;
  const text = `${moved > 0 ? "▲" : "▼"} ${amount}`;
  if (good === 0) return { text, tone: "" };
  return { text, tone: Math.sign(moved) === good ? "cl-good" : "cl-bad" };
}
