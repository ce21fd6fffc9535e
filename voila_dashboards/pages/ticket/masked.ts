/** What was masked in a log before it was sent, by which rule, and where: as the SDK tells of itself. */

import { isRecord, label } from "../../web/text/labels.ts";
import { num } from "../../web/text/numbers.ts";

export interface MaskedRule {
  rule: string;
  /** What of a person or a company it was, such as `email`. */
  kind: string;
  /** Values that were changed. */
  count: number;
  /** Where the first of them stand. */
  paths: string[];
}

/** From the fields of a log that are nobody's own; an older SDK names no rules, only kinds. */
export function maskedOf(extra: unknown): MaskedRule[] {
  const sdk = isRecord(extra) ? extra.sdk : null;
  const masked = isRecord(sdk) && isRecord(sdk.masked) ? sdk.masked : {};
  return Object.entries(masked).flatMap(([kind, told]) => (isRecord(told) ? rulesOf(kind, told) : []));
}

function rulesOf(kind: string, told: Record<string, unknown>): MaskedRule[] {
  const paths = (Array.isArray(told.paths) ? told.paths : []).map((path) => label(path));
  const rules = isRecord(told.rules) ? told.rules : { [kind]: told.count };
  const at = isRecord(told.at) ? told.at : {};
  return Object.entries(rules).map(([rule, count]) => {
    const places = Object.hasOwn(at, rule) ? at[rule] : null;
    const own = Array.isArray(places) ? places.flatMap((place) => paths[num(place) ?? -1] ?? []) : paths;
    return { rule, kind, count: num(count) ?? 0, paths: own };
  });
}

const STEPS: Readonly<Record<string, string>> = { nodes: "n", react_iterations: "i", tool_calls: "c" };

/** The key of the step that a path leads into; null where it leads into none. */
export function stepAt(path: string): string | null {
  const found = /^trace\.(nodes|react_iterations|tool_calls)[.[](\d+)\]?(?:\.tool_calls[.[](\d+))?/.exec(path);
  if (!found) return null;
  const [, part = "", place, call] = found;
  const key = `${STEPS[part]}${Number(place) + 1}`;
  return call === undefined || part !== "react_iterations" ? key : `${key}.c${Number(call) + 1}`;
}
