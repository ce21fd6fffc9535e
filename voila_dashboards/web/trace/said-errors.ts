/** Type and message of an error in whatever shape it was logged, as the tables have it: `lake/said_errors.py`. */

import { INSIDE, MESSAGES, STACKS, TYPES, WORDS } from "../generated/said-errors.ts";
import { isRecord } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";

export interface Said {
  type: string | null;
  message: string | null;
}
type Sent = Record<string, unknown>;
type Names = readonly string[];

const OF_ANYTHING: Names = ["type", "name", "code", "class"];
const DEPTH = 4;
const MOST_WORDS = 20;
const NAME =
  "(?:[A-Za-z_]\\w*\\.)*(?:[A-Z][a-z0-9]+[A-Z]\\w*|[A-Z]\\w*(?:Error|Exception|Timeout)|Error|Exception|Timeout)";
const EXCEPTION = new RegExp(`^${NAME}(?=: +\\S)`);
const EXCEPTION_ALONE = /^[A-Za-z_][\w.]*(?:Error|Exception)$/;
const LONGEST_TYPE = 200;
const TRACEBACK = "Traceback (most recent call last):";
const END_OF_TRACEBACK = /\n([A-Za-z_][\w.]*)(?:: ?|(?=\n|$))/;
const PLACES = /\n[ \t]+at [^\n]*(?:\n[^\n]*)*$/;
const NOTHING: Said = { type: null, message: null };

/** What the error of a step says; an object of which nothing is understood is its own message. */
export function readSaid(error: unknown): Said {
  const said = read(error, DEPTH);
  return isSaid(said) || !isFilled(error) ? said : { type: null, message: asJson(error) };
}

/** What an entry of the trace's list says: its `name` is that of a tool, unless only an exception is called so. */
export function entrySays(entry: Sent): Said {
  if (isExceptionName(entry)) return read(entry, DEPTH);
  const { name: _name, code: _code, ...rest } = entry;
  return read(rest, DEPTH);
}

/** Whether the field `name` of an entry is the type of an error, as JavaScript has it. */
export function isExceptionName(entry: Sent): boolean {
  const name = textOf(entry.name);
  if (name === null || first(entry, TYPES.slice(0, -2)) !== null) return false;
  return "stack" in entry || (name.length <= LONGEST_TYPE && EXCEPTION_ALONE.test(name));
}

/** What the result of a call that failed says: the error in it, else its words; JSON in a text is read. */
export function resultSays(result: unknown): Said {
  const told = typeof result === "string" ? jsonIn(result) : result;
  if (isRecord(told)) {
    for (const name of INSIDE) {
      const said = read(told[name], DEPTH);
      if (isSaid(said)) return said;
    }
    const message = first(told, MESSAGES);
    const types = TYPES.filter((name) => !OF_ANYTHING.includes(name));
    if (message !== null) return typed(first(told, types), message);
  }
  const words = wordsIn(told, DEPTH).slice(0, MOST_WORDS).join(" ").trim();
  if (words || !isFilled(told)) return typed(null, words || null);
  return { type: null, message: asJson(told) };
}

function typed(type: string | null, message: string | null): Said {
  if (message === null) return { type, message };
  const end = message.includes(TRACEBACK) ? endOf(message) : null;
  if (end) return { type: type ?? end.type, message: end.message };
  const named = type === null ? EXCEPTION.exec(message.slice(0, LONGEST_TYPE))?.[0] : undefined;
  if (named === undefined) return { type, message };
  const said = message.slice(named.length + 1).trimStart();
  return { type: named, message: said.replace(PLACES, "") || null };
}

/** What the last traceback of a text is about. */
function endOf(traceback: string): Said | null {
  const last = traceback.slice(traceback.lastIndexOf(TRACEBACK) + TRACEBACK.length);
  const found = END_OF_TRACEBACK.exec(last);
  return found && { type: found[1] ?? null, message: last.slice(found.index + found[0].length).trim() || null };
}

function read(error: unknown, depth: number): Said {
  if (typeof error === "string") return typed(null, error || null);
  if (depth && Array.isArray(error)) {
    return (
      error
        .slice(0, 20)
        .map((each) => read(each, depth - 1))
        .find(isSaid) ?? NOTHING
    );
  }
  return depth && isRecord(error) ? ofObject(error, depth) : NOTHING;
}

function ofObject(error: Sent, depth: number): Said {
  const type = first(error, TYPES);
  const message = first(error, MESSAGES);
  if (message !== null) return typed(type, message);
  for (const name of [...INSIDE, ...MESSAGES, ...STACKS]) {
    const inside = read(error[name], depth - 1);
    // An answer of an API calls itself an error; what stands in it says which.
    if (isSaid(inside)) return typed(isGeneric(type) ? (inside.type ?? type) : type, inside.message);
  }
  return { type, message: null };
}

/** The texts of content: a text, or blocks of it. */
function wordsIn(value: unknown, depth: number): string[] {
  if (typeof value === "string") return [value];
  if (!depth) return [];
  if (Array.isArray(value)) return value.slice(0, MOST_WORDS).flatMap((each) => wordsIn(each, depth - 1));
  return isRecord(value) ? WORDS.flatMap((name) => wordsIn(value[name], depth - 1)) : [];
}

function jsonIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** With the keys in the order of their letters, as the tables write it. */
const asJson = (value: unknown): string => jsonText(inOrder(value));

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key])]));
}

const isGeneric = (type: string | null): boolean => type === null || /^(error|exception)$/i.test(type);

const isSaid = ({ type, message }: Said): boolean => type !== null || message !== null;

const isFilled = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

const first = (error: Sent, names: Names): string | null =>
  names.map((name) => textOf(error[name])).find((text) => text !== null) ?? null;

const textOf = (value: unknown): string | null => (typeof value === "string" && value ? value : null);
