/** Figures of two runs with their difference. Pure. */

import type { ComparedLog } from "../../web/generated/contract.ts";
import { type Change, change } from "../../web/text/changes.ts";
import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { bytes, count, DASH, money, num, percent, seconds } from "../../web/text/numbers.ts";
import { parseJson } from "../../web/values/exact.ts";

export interface FigureRow {
  name: string;
  left: string;
  right: string;
  /** `+1.2 s`, or a word; "" where there is nothing to say. */
  difference: string;
  /** The same in percent, and whether it is for the better. */
  change: Change | null;
  isSame: boolean;
}

type Write = (value: unknown) => string;

/** A figure of a log: its name, where it is, how it is written, and which direction is better. */
const FIGURES: readonly (readonly [string, string, Write, -1 | 0 | 1])[] = [
  ["Execution time", "execution_time_seconds", seconds, -1],
  ["Iterations", "react_iterations", count, 0],
  ["Tool calls", "tool_call_count", count, 0],
  ["Failed tool calls", "failed_tool_calls", count, -1],
  ["Errors", "error_count", count, -1],
  ["Input tokens", "input_tokens", count, 0],
  ["Output tokens", "output_tokens", count, 0],
  ["Cost", "cost_usd", money, -1],
  ["Confidence", "overall_confidence", percent, 1],
  ["Hallucination risk", "hallucination_risk", percent, -1],
  ["Trace", "trace_bytes", (value) => (num(value) === null ? DASH : bytes(num(value) ?? 0)), 0],
];
/** Words of a log that are told beside its figures. */
const WORDS: readonly (readonly [string, keyof ComparedLog])[] = [
  ["Status", "status"],
  ["Category", "category"],
  ["Workflow version", "workflow_version"],
  ["Environment", "environment"],
];

export function figuresOf(left: ComparedLog, right: ComparedLog): FigureRow[] {
  const [a, b] = [valuesOf(left), valuesOf(right)];
  const known = FIGURES.map(([name, key, write, good]) => numberRow(name, a.get(key), b.get(key), write, good));
  const taken = new Set(FIGURES.map(([, key]) => key));
  const own = [...new Set([...a.keys(), ...b.keys()])].filter((key) => !taken.has(key) && !(key in left));
  return [
    ...WORDS.map(([name, key]) => wordRow(name, left[key], right[key])),
    ...known.filter((row) => row.left !== DASH || row.right !== DASH),
    ...own.map((key) => ownRow(key, a.get(key), b.get(key))),
  ].filter((row) => row.left !== DASH || row.right !== DASH);
}

/** Every field and metric by its name; a field wins over a metric of its name. */
function valuesOf(log: ComparedLog): Map<string, unknown> {
  const metrics = parseJson(log.metrics, null);
  const told = Object.entries(log).filter(([, value]) => value !== null);
  return new Map([...Object.entries(isRecord(metrics) ? metrics : {}), ...told]);
}

function numberRow(name: string, left: unknown, right: unknown, write: Write, good: -1 | 0 | 1): FigureRow {
  const [a, b] = [num(left), num(right)];
  const row = { name, left: write(left), right: write(right) };
  if (a === null || b === null) return { ...row, difference: "", change: null, isSame: a === b };
  if (a === b) return { ...row, difference: "", change: null, isSame: label(left) === label(right) };
  const isShare = write === percent;
  const difference = isShare ? "" : `${b > a ? "+" : "−"}${write(Math.abs(b - a))}`;
  return { ...row, difference, change: change(b, a, good, isShare), isSame: false };
}

function wordRow(name: string, left: unknown, right: unknown): FigureRow {
  const row = { name, left: label(left), right: label(right), change: null };
  return { ...row, difference: "", isSame: row.left === row.right };
}

const decimal: Write = (value) => (num(value) ?? 0).toLocaleString("en-US", { maximumFractionDigits: 6 });

function ownRow(name: string, left: unknown, right: unknown): FigureRow {
  const isNumber = (value: unknown) => typeof value === "number";
  if (![left, right].some(isNumber) || ![left, right].every((each) => isNumber(each) || isBlank(each)))
    return wordRow(name, left, right);
  const row = numberRow(name, left, right, decimal, 0);
  return { ...row, left: isBlank(left) ? DASH : row.left, right: isBlank(right) ? DASH : row.right };
}
