/** Where a debugger begins: the steps that failed, and the one to look at first. */

import { hasFailed } from "../../web/trace/endings.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";

/** Steps that failed and hold none that failed: where each trouble began. */
export const failuresOf = (groups: readonly Part[]): Part[] =>
  inSequence(groups).filter((part) => hasFailed(part.raw) && !part.children.some((child) => child.failed));

/** A step that takes less of all steps' time on its own is no reason to look at it first. */
const MATTERS = 0.2;

/**
 * The step to look at first: of a run that failed, the last that failed, which it did not get over; of another, the
 * first that failed; else the slowest where it matters; else the first.
 */
export function firstToSee(groups: readonly Part[], failures: readonly Part[], hasRunFailed: boolean) {
  const failed = hasRunFailed ? failures.at(-1) : failures[0];
  if (failed) return failed;
  const parts = inSequence(groups);
  let [slowest, most, all] = [parts[0], 0, 0];
  for (const part of parts) {
    const own = ownTime(part);
    all += own;
    if (own > most) [slowest, most] = [part, own];
  }
  return most && most >= MATTERS * all ? slowest : (parts.find((part) => part.kind !== "group") ?? parts[0]);
}

/** In ms: about what a step took beside those in it. */
const ownTime = ({ duration, children }: Part): number =>
  Math.max(0, (duration ?? 0) - children.reduce((sum, child) => sum + (child.duration ?? 0), 0));
