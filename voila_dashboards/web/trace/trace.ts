/** A trace of any shape as what the page draws. Nothing in it is believed to be what its name says. */

import { TRACE_FIELDS, TRACE_PARTS } from "../generated/contract.ts";
import { clip, isBlank, isRecord, label } from "../text/labels.ts";
import { num } from "../text/numbers.ts";
import { callFields } from "./call-fields.ts";
import { hasFailed } from "./endings.ts";
import { inOrder, nestNodes, nodesAround, withRepeats } from "./nest.ts";
import { bothOf, toldTwice } from "./told-twice.ts";
import { spanOf } from "./when.ts";

/** A node, an iteration, a tool call, or a group of those that have no node. */
export interface Part {
  kind: "node" | "group" | "iteration" | "tool call";
  /** What a link names it by, such as `i2.c1`: its place in the log, which no sorting changes. */
  key: string;
  name: string;
  /** As it was sent; of a tool call under the names of the model, and of one told twice, what both say. */
  raw: Record<string, unknown>;
  /** Fields that have no place of their own. */
  rest: Record<string, unknown>;
  /** UTC epoch ms, and ms; null where it was not recorded. */
  start: number | null;
  duration: number | null;
  failed: boolean;
  children: Part[];
  /** Of a call that is told twice: the key of its other place. */
  otherKey?: string;
  /** Of an iteration: the node it says it ran in. */
  node?: string | null;
  /** Said beside the name. */
  note?: string | null;
}

export interface Run {
  /** Nodes with their iterations, iterations without a node, tool calls outside of iterations. */
  groups: Part[];
  iterations: Part[];
  errors: Record<string, unknown>[];
  messages: Record<string, unknown>[];
  final: unknown;
  /** Parts that no section of the page is for. */
  unknown: [string, unknown][];
}

/** Of a longer name the beginning is shown: it stands in every row and label of its step. */
const LONGEST_NAME = 500;

export function readTrace(trace: unknown): Run {
  const source: Record<string, unknown> = isRecord(trace) ? trace : { trace };
  const nodes = (parts(source.nodes) ?? []).map(readNode);
  const iterations = (parts(source.react_iterations) ?? []).map(readIteration);
  const calls = (parts(source.tool_calls) ?? []).map((raw, i) => readCall(raw, `c${i + 1}`));
  const homeOf = nodesAround(nodes);
  const orphans = assign(nodes, iterations, homeOf);
  const others = withoutHome(withoutTold(iterations, calls), homeOf);
  const groups = [...nestNodes(nodes), ...orphans];
  if (others.length) groups.push(groupOf("g-calls", groups.length ? "Other tool calls" : "Tool calls", others));
  return {
    groups: withRepeats(inOrder(groups)),
    iterations,
    errors: parts(source.errors) ?? [],
    messages: parts(source.messages) ?? [],
    final: source.final_response,
    unknown: Object.entries(source).filter(([key, value]) => !isBlank(value) && !isDrawn(key, value)),
  };
}

const isDrawn = (key: string, value: unknown): boolean =>
  (TRACE_PARTS as readonly string[]).includes(key) && (key === "final_response" || parts(value) !== null);

/** A list of objects, whatever was sent: a list, an object of named objects, one object; null where it is none. */
export function parts(value: unknown): Record<string, unknown>[] | null {
  if (Array.isArray(value)) return value.map((each) => (isRecord(each) ? each : { value: each }));
  if (!isRecord(value)) return null;
  const entries = Object.entries(value);
  const isNamed = entries.length > 0 && entries.every(([, each]) => isRecord(each));
  return isNamed ? entries.map(([name, each]) => ({ name, ...(each as Record<string, unknown>) })) : [value];
}

/** Text that is longer is no time. */
const LONGEST_TIME = 60;

/**
 * Epoch ms of RFC 3339 text (UTC where it names no zone), or of a number since 1970: of seconds, or of ms, us or ns, by
 * its size. Null where it is none of them: a date alone says no time.
 */
export function time(value: unknown): number | null {
  if (typeof value === "string" && value.length > LONGEST_TIME && num(value) === null) return null;
  if (typeof value === "string" && /\d{4}-\d\d-\d\d[T ]\d\d/i.test(value)) return num(Date.parse(zoned(value)));
  const since = num(value);
  if (since === null || since < 1e8) return null;
  const ms = UNITS.reduce((found, [least, inMs]) => (since > least ? since / inMs : found), since * 1000);
  return ms <= LAST_MS ? ms : null;
}

/** So many since 1970 are ms, us or ns: as seconds, ms or us they would be after the year 5000. */
const UNITS = [
  [1e11, 1],
  [1e14, 1e3],
  [1e17, 1e6],
] as const;
/** Of the year 9999. */
const LAST_MS = 253_402_300_799_999;

const zoned = (text: string): string =>
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?$/.test(text.trim()) ? `${text.trim().replace(" ", "T")}Z` : text;

/** Of a status that is an object a badge tells one word. */
const isObject = (key: string, value: unknown): boolean => key === "status" && isRecord(value);

export const restOf = (raw: Record<string, unknown>, known: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(raw).filter(
      ([key, value]) => (!known.includes(key) || isObject(key, value)) && key !== "value" && !isBlank(value),
    ),
  );

const readNode = (raw: Record<string, unknown>, index: number): Part => ({
  ...spanOf(raw),
  raw,
  kind: "node",
  key: `n${index + 1}`,
  name: clip(label(raw.name, `node ${index + 1}`), LONGEST_NAME),
  failed: hasFailed(raw),
  rest: restOf(raw, TRACE_FIELDS.nodes),
  children: [],
});

function readCall(sent: Record<string, unknown>, key: string): Part {
  const raw = callFields(sent);
  return {
    ...spanOf(raw),
    raw,
    key,
    kind: "tool call",
    name: clip(label(raw.name, "tool"), LONGEST_NAME),
    failed: hasFailed(raw),
    rest: restOf(raw, TRACE_FIELDS.tool_calls),
    children: [],
  };
}

function readIteration(raw: Record<string, unknown>, index: number): Part {
  const sent = raw.tool_calls;
  const calls = (parts(sent) ?? []).map((each, i) => readCall(each, `i${index + 1}.c${i + 1}`));
  const odd = parts(sent) === null && !isBlank(sent) ? { tool_calls: sent } : {};
  return {
    ...spanOf(raw),
    raw,
    kind: "iteration",
    key: `i${index + 1}`,
    name: `Iteration ${clip(label(raw.iteration, String(index + 1)), 60)}`,
    node: isBlank(raw.node) ? null : label(raw.node),
    failed: hasFailed(raw) || calls.some((call) => call.failed),
    rest: { ...restOf(raw, [...TRACE_FIELDS.react_iterations, "status", "error"]), ...odd },
    children: calls,
  };
}

/** Those of `listed` that no iteration tells; what one tells is completed by what its other place says. */
function withoutTold(iterations: readonly Part[], listed: readonly Part[]): Part[] {
  const twins = toldTwice(
    iterations.flatMap(({ children }) => children),
    listed,
  );
  for (const [other, call] of twins)
    Object.assign(call, readCall(bothOf(call.raw, other.raw), call.key), { otherKey: other.key });
  for (const iteration of iterations) iteration.failed ||= iteration.children.some(({ failed }) => failed);
  return listed.filter((call) => !twins.has(call));
}

const groupOf = (key: string, name: string, children: Part[], note: string | null = null): Part => ({
  kind: "group",
  key,
  name,
  note,
  raw: {},
  rest: {},
  start: null,
  duration: null,
  failed: children.some((each) => each.failed),
  children,
});

/** Puts each part into the node that it names; those that name none that is there come back. */
function withoutHome(parts: readonly Part[], homeOf: ReturnType<typeof nodesAround>): Part[] {
  return parts.filter((part) => {
    const home = homeOf(part, part.raw.node ?? part.raw.parent);
    home?.children.push(part);
    return !home;
  });
}

/** Puts each iteration under its node; those whose node is missing come back as groups of their own. */
function assign(nodes: Part[], iterations: Part[], homeOf: ReturnType<typeof nodesAround>): Part[] {
  const orphans = new Map<string | null, Part[]>();
  for (const iteration of withoutHome(iterations, homeOf)) addTo(orphans, iteration.node ?? null, iteration);
  const unnamed = nodes.length ? "Iterations without a node" : "Iterations";
  return [...orphans].map(([node, children], i) =>
    groupOf(`g${i + 1}`, node ?? unnamed, children, node !== null && nodes.length ? "no such node in the trace" : null),
  );
}

function addTo<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}
