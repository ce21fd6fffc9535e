/** What of a timeline was guessed, in words. */

import { count, plural } from "../../web/text/numbers.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";
import { saysTime } from "../../web/trace/when.ts";
import { type Layout, usableStarts } from "./layout.ts";

/** Null where nothing was. */
export function guessesOf(groups: readonly Part[], { isTimed }: Layout): string | null {
  const recorded = inSequence(groups).filter((part) => part.kind !== "group");
  const which = recorded.some(({ raw }) => saysTime(raw)) ? "no times that are understood" : "no times";
  if (!isTimed) return `This log carries ${which}: steps are drawn in their order, not by how long they took.`;
  if (recorded.every((part) => part.start === null))
    return "This log carries no start times: steps are drawn one after another, as long as they took.";
  const without = recorded.length - usableStarts(recorded).size;
  if (!without) return null;
  const steps = `${plural(without, "step")} of ${count(recorded.length)}`;
  return `${steps} without a usable start time: drawn in order, after what came before.`;
}
