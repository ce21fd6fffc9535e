/** Tool calls that an iteration tells and the trace's list of calls too: they are one, as `lake.trace_parts` counts. */

import { isBlank } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";
import type { Sent } from "./fields.ts";
import type { Part } from "./trace.ts";

/** The field of such a call for what the list says otherwise than the iteration. */
const OTHERWISE = "otherwise in tool_calls";

/**
 * The calls of `listed` that are one of `inside` too, each with that one. Of one id and one name as many are as both
 * have: some models use an id again and again.
 */
export function toldTwice(inside: readonly Part[], listed: readonly Part[]): Map<Part, Part> {
  const waiting = new Map<string, Part[]>();
  for (const call of listed.length ? [...inside].reverse() : []) {
    const key = identityOf(call);
    const alike = waiting.get(key);
    if (alike) alike.push(call);
    else waiting.set(key, [call]);
  }
  const found = new Map<Part, Part>();
  for (const call of listed) {
    const key = identityOf(call);
    const twin = key && waiting.get(key)?.pop();
    if (twin) found.set(call, twin);
  }
  return found;
}

/** Empty where a call names no id. */
function identityOf({ raw: { id, name } }: Part): string {
  return typeof id === "string" && id ? JSON.stringify([id, typeof name === "string" ? name : null]) : "";
}

/** What both say of one call: where they differ, what the iteration says, and beside it what the list does. */
export function bothOf(call: Sent, listed: Sent): Sent {
  const said = Object.entries(listed).filter(([, value]) => !isBlank(value));
  const isThere = (name: string) => call[name] !== null && call[name] !== undefined;
  const more = said.filter(([name]) => !isThere(name));
  const other = said.filter(([name, value]) => isThere(name) && jsonText(value) !== jsonText(call[name]));
  const otherwise = other.length ? { [OTHERWISE]: Object.fromEntries(other) } : {};
  return { ...call, ...Object.fromEntries(more), ...otherwise };
}
