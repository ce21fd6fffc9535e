/** Spans of time: when several steps together ran. Pure. */

import type { Place } from "./layout.ts";

/** The same moments, each once, in their order. */
export function union(places: readonly Place[]): Place[] {
  const found: Place[] = [];
  for (const { from, to } of [...places].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}
