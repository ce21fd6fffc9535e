/** How two JSON values differ, key by key. */

import { isRecord } from "../../web/text/labels.ts";
import { jsonText } from "../../web/values/exact.ts";
import { align } from "./align.ts";

/** One place of a value: what stands there on either side; a key that is missing on one is there on the other. */
export interface Change {
  kind: "removed" | "added" | "changed";
  path: string;
  left?: unknown;
  right?: unknown;
}

export interface JsonDifference {
  changes: Change[];
  /** How many values are the same, each counted where it stands whole. */
  same: number;
  /** Whether there are more that are not listed. */
  isCut: boolean;
}

/** Deeper values are compared whole. */
const DEEPEST = 40;
const MOST_CHANGES = 2000;
/** Lists up to this long are aligned by what is in them; longer ones item by item. */
const LONG_LIST = 300;
const MOST_LIST_LETTERS = 400_000;

/** What is left to be looked at; a value of values is looked at once for each that it lies in. */
export interface Work {
  left: number;
}

const MOST_WORK = 2_000_000;

export const someWork = (): Work => ({ left: MOST_WORK });

type Found = JsonDifference & { work: Work };

export function jsonDifference(left: unknown, right: unknown, work = someWork()): JsonDifference {
  const found: Found = { changes: [], same: 0, isCut: false, work };
  walk(left, right, "", 0, found);
  const { changes, same } = found;
  return { changes, same, isCut: found.isCut || work.left < 0 };
}

function walk(left: unknown, right: unknown, path: string, depth: number, found: Found): void {
  if (found.isCut) return;
  if (isEqual(left, right, found.work)) found.same++;
  else if (found.work.left < 0) add(found, { kind: "changed", path, left, right });
  else if (depth < DEEPEST && Array.isArray(left) && Array.isArray(right)) walkLists(left, right, path, depth, found);
  else if (depth < DEEPEST && isRecord(left) && isRecord(right)) walkRecords(left, right, path, depth, found);
  else add(found, { kind: "changed", path, left, right });
}

function add(found: JsonDifference, change: Change): void {
  if (found.changes.length < MOST_CHANGES) found.changes.push(change);
  else found.isCut = true;
}

type Sent = Record<string, unknown>;

function walkRecords(left: Sent, right: Sent, path: string, depth: number, found: Found): void {
  for (const key of Object.keys(left)) {
    const at = path + member(key, path);
    if (Object.hasOwn(right, key)) walk(left[key], right[key], at, depth + 1, found);
    else add(found, { kind: "removed", path: at, left: left[key] });
  }
  for (const key of Object.keys(right))
    if (!Object.hasOwn(left, key)) add(found, { kind: "added", path: path + member(key, path), right: right[key] });
}

/** A key as it stands in a path: `.name`, or within brackets where it is no name. */
const member = (key: string, path: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `${path && "."}${key}` : `[${JSON.stringify(key)}]`;

function walkLists(left: unknown[], right: unknown[], path: string, depth: number, found: Found): void {
  const { work } = found;
  const from = commonStart(left, right, work);
  const until = commonEnd(left, right, from, work);
  found.same += from + until;
  const [a, b] = [left.slice(from, left.length - until), right.slice(from, right.length - until)];
  const gone: number[] = [];
  const come: number[] = [];
  const flush = () => {
    const both = Math.min(gone.length, come.length);
    for (let i = 0; i < both; i++) walk(a[gone[i] ?? 0], b[come[i] ?? 0], place(come[i] ?? 0), depth + 1, found);
    for (const i of gone.slice(both)) add(found, { kind: "removed", path: place(i), left: a[i] });
    for (const i of come.slice(both)) add(found, { kind: "added", path: place(i), right: b[i] });
    gone.length = come.length = 0;
  };
  const place = (i: number) => `${path}[${from + i}]`;
  for (const { left: i, right: j } of pairsOf(a, b)) {
    if (i >= 0 && j >= 0) {
      flush();
      found.same++;
    } else if (i >= 0) gone.push(i);
    else come.push(j);
  }
  flush();
}

/** Which items are equal, where that is no great work to tell; else none. */
function pairsOf(a: readonly unknown[], b: readonly unknown[]): { left: number; right: number }[] {
  const none = [...a.map((_, i) => ({ left: i, right: -1 })), ...b.map((_, i) => ({ left: -1, right: i }))];
  if (!a.length || !b.length || a.length > LONG_LIST || b.length > LONG_LIST) return none;
  const [left, right] = [a.map((item) => jsonText(item)), b.map((item) => jsonText(item))];
  const letters = [...left, ...right].reduce((sum, text) => sum + text.length, 0);
  return letters > MOST_LIST_LETTERS ? none : align(left, right).pairs;
}

function commonStart(left: readonly unknown[], right: readonly unknown[], work: Work): number {
  const most = Math.min(left.length, right.length);
  let count = 0;
  while (count < most && isEqual(left[count], right[count], work)) count++;
  return count;
}

function commonEnd(left: readonly unknown[], right: readonly unknown[], from: number, work: Work): number {
  const most = Math.min(left.length, right.length) - from;
  let count = 0;
  while (count < most && isEqual(left[left.length - 1 - count], right[right.length - 1 - count], work)) count++;
  return count;
}

/** Whether two values of JSON are the same, whatever the order of keys; false where no work is left to tell. */
export function isEqual(left: unknown, right: unknown, work = someWork()): boolean {
  const open: [unknown, unknown][] = [[left, right]];
  for (let pair = open.pop(); pair; pair = open.pop()) {
    if (work.left-- <= 0) return false;
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false;
      open.push([(a as Sent)[key], (b as Sent)[key]]);
    }
  }
  return true;
}
