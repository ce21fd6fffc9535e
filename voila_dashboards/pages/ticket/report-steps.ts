/** What the steps of a run hold, for its report: as much as a reader can use, and how much is left out. */

import { TRACE_FIELDS } from "../../web/generated/contract.ts";
import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { count, plural } from "../../web/text/numbers.ts";
import { inSequence } from "../../web/trace/nest.ts";
import { fieldsOf } from "../../web/trace/step-fields.ts";
import { type Part, restOf } from "../../web/trace/trace.ts";
import type { Debug } from "./debug.ts";
import { code, fenced, textOf } from "./report-text.ts";

/** Of all steps together. */
const MOST_LETTERS = 1_000_000;
const MOST_STEPS = 1000;
/** Other parts, and errors. */
const MOST_PARTS = 100;

/** Steps in their order; where there is not room for all, those that failed have it first. */
export function stepTexts({ groups, tree }: Debug): string {
  const parts = inSequence(groups).filter(holdsSomething);
  const told = new Map<Part, string>();
  let letters = 0;
  for (const part of [...parts.filter(({ failed }) => failed), ...parts.filter(({ failed }) => !failed)]) {
    if (letters > MOST_LETTERS || told.size === MOST_STEPS) break;
    const text = stepText(part, tree.parents.get(part));
    told.set(part, text);
    letters += text.length;
  }
  const left = parts.length - told.size;
  const shown = parts.flatMap((part) => told.get(part) ?? []);
  return [...shown, ...(left ? [`… and what ${plural(left, "more step")} hold`] : [])].join("\n\n");
}

/** What a report tells of a step: what it holds, without what is blank. */
const toldOf = (part: Part): [string, unknown][] => fieldsOf(part).filter(([, value]) => !isBlank(value));

const holdsSomething = (part: Part): boolean => toldOf(part).length > 0;

function stepText(part: Part, parent: Part | undefined): string {
  const where = parent ? ` in ${code(parent.name)}` : "";
  const head = `### ${code(part.name)}${where}${part.failed ? ", **failed**" : ""}`;
  return [head, ...toldOf(part).map(([name, value]) => `${name}:\n\n${valueText(value)}`)].join("\n\n");
}

const valueText = (value: unknown): string => fenced(textOf(value), typeof value === "string" ? "" : "json");

/** Errors of a run that say more than a type and a message. */
export function errorTexts(errors: readonly Record<string, unknown>[]): string {
  const more = errors.filter(
    (error) => !isBlank(error.stacktrace) || isRecord(error.message) || !isBlank(restOf(error, TRACE_FIELDS.errors)),
  );
  return namedTexts(more.map((error) => [label(error.type, "Error"), error]));
}

/** Values by their names. */
export function namedTexts(named: readonly (readonly [string, unknown])[]): string {
  const told = named.slice(0, MOST_PARTS).map(([name, value]) => `### ${code(name)}\n\n${valueText(value)}`);
  const left = named.length - told.length;
  return [...told, ...(left ? [`… and ${count(left)} more`] : [])].join("\n\n");
}
