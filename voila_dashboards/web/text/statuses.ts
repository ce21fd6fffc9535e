/** Colours of statuses. */

import { REST } from "../generated/contract.ts";

const KNOWN: Readonly<Record<string, string>> = { SUCCESS: "success", FAILED: "failed", ESCALATED: "escalated" };
const OWN_COLOURS = 5;

const isKnown = (status: string): boolean => Object.hasOwn(KNOWN, status);

/**
 * The name of a status's colour. One of a client's own keeps its colour from page to page, unless another of
 * `statuses`, those that are drawn beside it, has taken it.
 */
export function statusKind(status: string, statuses: readonly string[] = [status]): string {
  if (isKnown(status)) return KNOWN[status] ?? "other";
  const taken: number[] = [];
  for (const own of statuses.filter((each) => !isKnown(each) && each !== REST).sort()) {
    let place = [...own].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % OWN_COLOURS;
    while (taken.includes(place) && taken.length % OWN_COLOURS) place = (place + 1) % OWN_COLOURS;
    if (own === status) return `own${place}`;
    if (taken.push(place) === OWN_COLOURS) taken.length = 0;
  }
  return "other";
}
