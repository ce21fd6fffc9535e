/** Colours of statuses. */

import { REST } from "../generated/contract.ts";

const KNOWN: Readonly<Record<string, string>> = { SUCCESS: "success", FAILED: "failed", ESCALATED: "escalated" };
const OWN_COLOURS = 5;

const isKnown = (status: string): boolean => Object.hasOwn(KNOWN, status);

/** The colours of statuses that are drawn beside each other, by the very list of them: rows of a table share it. */
const kinds = new WeakMap<readonly string[], ReadonlyMap<string, string>>();

/**
 * The name of a status's colour. One of a client's own keeps its colour from page to page, unless another of
 * `statuses`, those that are drawn beside it, has taken it.
 */
export function statusKind(status: string, statuses: readonly string[] = [status]): string {
  if (isKnown(status)) return KNOWN[status] ?? "other";
  const found = kinds.get(statuses) ?? ownKinds(statuses);
  kinds.set(statuses, found);
  return found.get(status) ?? "other";
}

function ownKinds(statuses: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const taken: number[] = [];
  for (const own of new Set(statuses.filter((each) => !isKnown(each) && each !== REST).sort())) {
    let place = [...own].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % OWN_COLOURS;
    while (taken.includes(place) && taken.length % OWN_COLOURS) place = (place + 1) % OWN_COLOURS;
    found.set(own, `own${place}`);
    if (taken.push(place) === OWN_COLOURS) taken.length = 0;
  }
  return found;
}
