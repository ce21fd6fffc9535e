/** A call that a turn and a step of a run both tell of: which are one, and what each has of the other. */

import { isBlank, label } from "../text/labels.ts";
import { jsonText, parseJson } from "../values/exact.ts";
import type { Call } from "./blocks.ts";
import { call, isDone } from "./calls.ts";
import { hasFailed } from "./endings.ts";
import { Fields } from "./fields.ts";
import type { Part } from "./trace.ts";

/** By the id that both have; of those that have none in common, by name and arguments, else by the name alone. */
export function joinCalls(calls: readonly Call[], steps: readonly Part[]): void {
  joinById(calls, steps);
  const told = new Set(calls.map(({ key }) => key));
  const lone = steps.filter(({ key }) => !told.has(key));
  joinAlike(calls, lone, wholeName, wholeNameOf);
  joinAlike(
    calls,
    lone,
    ({ name }) => name,
    ({ name }) => name,
  );
}

/** Calls and steps of one id, where there are as many, belong together in their order. */
function joinById(calls: readonly Call[], steps: readonly Part[]): void {
  const byId = new Map<string, Part[]>();
  for (const step of steps) if (!isBlank(step.raw.id)) listed(byId, label(step.raw.id)).push(step);
  const sameId = new Map<string, Call[]>();
  for (const call of calls) {
    const id = call.ids.find((each) => byId.has(each));
    if (id !== undefined) listed(sameId, id).push(call);
  }
  for (const [id, alike] of sameId) {
    const theirs = byId.get(id) ?? [];
    const areAsMany = theirs.length === alike.length;
    for (const [i, call] of alike.entries()) joinOne(call, (areAsMany ? theirs[i] : theirs.at(-1)) as Part, areAsMany);
  }
}

/** Calls and steps that are alike, where there are as many and nothing says that they differ. */
function joinAlike(
  calls: readonly Call[],
  steps: readonly Part[],
  ofCall: (call: Call) => string,
  ofStep: (step: Part) => string,
): void {
  const [said, done] = [new Map<string, Call[]>(), new Map<string, Part[]>()];
  for (const call of calls) if (call.key === undefined) listed(said, ofCall(call)).push(call);
  const told = new Set(calls.map(({ key }) => key));
  for (const step of steps) if (!told.has(step.key)) listed(done, ofStep(step)).push(step);
  for (const [name, alike] of said) {
    const theirs = done.get(name) ?? [];
    const areOne = theirs.length === alike.length && alike.every((call, i) => mayBeOne(call, theirs[i] as Part));
    if (areOne) for (const [i, call] of alike.entries()) joinOne(call, theirs[i] as Part, true);
  }
}

/** Two ids differ, or one would have joined them; arguments that one of them does not tell say nothing. */
function mayBeOne(call: Call, { raw }: Part): boolean {
  const hasIds = call.ids.length > 0 && !isBlank(raw.id);
  return !hasIds && (isBlank(call.given) || isBlank(raw.arguments) || wordsOf(call.given) === wordsOf(raw.arguments));
}

const wholeName = ({ name, given }: Call): string => `${name} ${wordsOf(given)}`;
const wholeNameOf = ({ name, raw }: Part): string => `${name} ${wordsOf(raw.arguments)}`;

/** Arguments may be JSON within a text. */
const wordsOf = (given: unknown): string =>
  isBlank(given) ? "" : jsonText(typeof given === "string" ? parseJson(given, given) : given);

/** `isIts`: whether the step is of this call, and not of another one of the same id. */
export function joinOne(call: Call, step: Part, isIts: boolean): void {
  if (isOther(call.name, step.name)) return;
  call.key = step.key;
  if (!isIts) return;
  const { result, failed } = callOf(step);
  tellStep(step, call);
  call.result ??= result;
  call.failed ||= failed;
}

/** Has a step hold what only the turn tells; one that says how it ended keeps that. */
function tellStep(step: Part, { result, failed }: Call): void {
  const { raw } = step;
  const told: Record<string, unknown> = {};
  if (isBlank(raw.result) && !isBlank(result?.sent)) told.result = result?.sent;
  if (isBlank(raw.error) && !isBlank(result?.error)) told.error = result?.error;
  if (failed && !hasFailed(raw) && !isDone(raw.status)) told.is_error = step.failed = true;
  if (!isBlank(told)) step.raw = { ...raw, ...told };
}

export const callOf = ({ raw }: Part): Call => call(new Fields(raw))[0];

export function listed<Item>(map: Map<string, Item[]>, key: string): Item[] {
  const items = map.get(key) ?? [];
  map.set(key, items);
  return items;
}

/** Whether two names are of different tools. Some makers put the tool's server before its name. */
export function isOther(name: string, other: string): boolean {
  const [a, b] = [name, other].map((each) =>
    each
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim(),
  ) as [string, string];
  return a !== "" && b !== "" && a !== "tool" && !` ${a}`.endsWith(` ${b}`) && !` ${b}`.endsWith(` ${a}`);
}
