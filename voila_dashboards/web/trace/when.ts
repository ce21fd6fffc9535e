/** When a step began and how long it took, under the names that the log's model and tracing tools have for it. */

import { DAY_MS } from "../generated/contract.ts";
import { isRecord } from "../text/labels.ts";
import { num } from "../text/numbers.ts";
import { plain, type Sent } from "./fields.ts";
import { time } from "./trace.ts";

/** Plain names, the model's first. */
const STARTS = "startedat starttime start starttimestamp startts startdate starttimeunixnano beganat begin".split(" ");
const ENDS =
  "endedat endtime end endtimestamp endts enddate endtimeunixnano finishedat completedat stoppedat stoptime".split(" ");
/** In ms, as their names say. */
const DURATIONS = "durationms elapsedms latencyms executiontimems".split(" ");
/** What else says a time, in a unit or of a moment that nobody can know. */
const OTHERS = "duration elapsed latency timestamp ts time timing executiontime durationseconds durations".split(" ");

/** What is said to have taken longer was not measured. */
const LONGEST_MS = 366 * DAY_MS;

export interface Span {
  /** UTC epoch ms, and ms; null where nothing says. */
  start: number | null;
  duration: number | null;
}

/** A duration that is told counts, else the time from the start to the end; what only ended began before that. */
export function spanOf(raw: Sent): Span {
  const named = byName(raw);
  const start = firstOf(named, STARTS, time);
  const told = firstOf(named, DURATIONS, measured);
  if (told !== null && start !== null) return { start, duration: told };
  const end = firstOf(named, ENDS, time);
  if (end === null) return { start, duration: told };
  return told === null
    ? { start, duration: start === null ? null : measured(end - start) }
    : { start: end - told, duration: told };
}

/** Whether it says any time, understood or not. */
export function saysTime(raw: Sent): boolean {
  const named = byName(raw);
  return [...STARTS, ...ENDS, ...DURATIONS, ...OTHERS].some(
    (name) => num(named.get(name)) !== null || isText(named.get(name)),
  );
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

/** Some makers have times in an object of their own. */
function byName(raw: Sent): Map<string, unknown> {
  const named = new Map<string, unknown>();
  for (const each of [raw, raw.timing])
    if (isRecord(each))
      for (const [name, value] of Object.entries(each)) if (!named.has(plain(name))) named.set(plain(name), value);
  return named;
}

function firstOf(
  named: ReadonlyMap<string, unknown>,
  names: readonly string[],
  read: (value: unknown) => number | null,
): number | null {
  for (const name of names) {
    const found = named.has(name) ? read(named.get(name)) : null;
    if (found !== null) return found;
  }
  return null;
}

function measured(value: unknown): number | null {
  const ms = num(value);
  return ms !== null && ms >= 0 && ms < LONGEST_MS ? ms : null;
}
