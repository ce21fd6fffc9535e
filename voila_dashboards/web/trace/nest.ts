/** Which part lies in which, and in which order: by the parent a node names, by time, and repeats in a row as one. */

import { isBlank, isRecord, label } from "../text/labels.ts";
import { aroundBy } from "./running.ts";
import type { Part } from "./trace.ts";

/** Nodes nested deeper stay beside each other at this depth, so that no trace is deeper than a stack. */
const MOST_DEPTH = 64;
/** What tracing tools call the id of a step, and of the one it lies in. */
const IDS = ["id", "span_id", "run_id"];
const PARENT_IDS = ["parent_id", "parent_span_id", "parent_run_id", "parent_observation_id", "parent"];
/** So many nodes of one name, one after the other, become one row that opens. */
const FEW_REPEATS = 4;

/** Asks for the node that a part names, by its id where it has one, else by its name. */
export function nodesAround(nodes: readonly Part[]): (part: Part, name: unknown) => Part | undefined {
  const byId = aroundBy(nodes, (node) => idOf(node, IDS), outerIdOf);
  const byName = aroundBy(nodes, ownNameOf, (node) => textOf(node.raw.parent));
  return (part, name) => byId(outerIdOf(part), part) ?? byName(textOf(name), part);
}

const textOf = (value: unknown): string => (isBlank(value) ? "" : label(value));
/** In full: that of the row is cut. A part that is no node has none. */
const ownNameOf = ({ kind, raw, name }: Part): string => (kind === "node" ? textOf(raw.name) || name : "");
const outerIdOf = (part: Part): string => idOf(part, PARENT_IDS);

/** Puts each node into the one that it names as its parent; those that name none that is there come back. */
export function nestNodes(nodes: readonly Part[]): Part[] {
  const parentOf = parents(nodes);
  const homes = new Map<Part, Home>();
  const roots: Part[] = [];
  for (const node of nodes) {
    const { within } = homeOf(node, parentOf, homes);
    if (within) within.children.push(node);
    else roots.push(node);
  }
  return roots;
}

/** A node that is inside of itself, over however many others, stands on its own: of those the one that began first. */
function parents(nodes: readonly Part[]): Map<Part, Part> {
  const around = nodesAround(nodes);
  const found = new Map<Part, Part>();
  for (const node of nodes) {
    const parent = around(node, node.raw.parent);
    if (parent && parent !== node) found.set(node, parent);
  }
  const walks = new Map<Part, number>();
  nodes.forEach((node, walk) => {
    let at: Part | undefined = node;
    for (; at && !walks.has(at); at = found.get(at)) walks.set(at, walk);
    if (at && walks.get(at) === walk) found.delete(firstOfCycle(at, found));
  });
  return found;
}

function firstOfCycle(start: Part, parentOf: ReadonlyMap<Part, Part>): Part {
  let first = start;
  for (let at = parentOf.get(start); at && at !== start; at = parentOf.get(at))
    if ((at.start ?? Infinity) < (first.start ?? Infinity)) first = at;
  return first;
}

const idOf = ({ raw }: Part, keys: readonly string[]): string => {
  const places = isRecord(raw.attributes) ? [raw, raw.attributes] : [raw];
  const found = places.flatMap((place) => keys.map((key) => place[key])).find((id) => !isBlank(id));
  return found === undefined ? "" : label(found);
};

interface Home {
  within: Part | undefined;
  depth: number;
}

/** Where `node` lies: in its parent, or beside it where that one is as deep as may be. */
function homeOf(node: Part, parentOf: ReadonlyMap<Part, Part>, homes: Map<Part, Home>): Home {
  const way: Part[] = [];
  for (let at: Part | undefined = node; at && !homes.has(at); at = parentOf.get(at)) way.push(at);
  for (const each of way.reverse()) {
    const parent = parentOf.get(each);
    const above = parent && homes.get(parent);
    if (!parent || !above) homes.set(each, { within: undefined, depth: 0 });
    else homes.set(each, above.depth < MOST_DEPTH ? { within: parent, depth: above.depth + 1 } : above);
  }
  return homes.get(node) ?? { within: undefined, depth: 0 };
}

/** `parts`, and what is in each, by the time they began; what has none stays behind what was sent before it. */
export function inOrder(parts: readonly Part[]): Part[] {
  let last = -Infinity;
  const timed = parts.map((part) => {
    part.children = inOrder(part.children);
    last = beginOf(part) ?? last;
    return { part, at: last };
  });
  return timed.sort((a, b) => a.at - b.at || 0).map((each) => each.part);
}

/** By itself, or by what is in it, which stands in order. */
function beginOf(part: Part): number | null {
  let begin = part.start;
  for (const child of part.children) {
    if (begin !== null) break;
    begin = beginOf(child);
  }
  return begin;
}

/** Nodes of one name in a row as a group of them. */
export function withRepeats(parts: readonly Part[]): Part[] {
  const kept: Part[] = [];
  for (let at = 0; at < parts.length; ) {
    const part = parts[at] as Part;
    let end = at + 1;
    while (isRepeat(part, parts[end])) end++;
    const run = parts.slice(at, end);
    for (const each of run) each.children = withRepeats(each.children);
    if (run.length >= FEW_REPEATS && run.length < parts.length) kept.push(repeated(part, run));
    else for (const each of run) kept.push(each); // there may be more than a call takes arguments
    at = end;
  }
  return kept;
}

const isRepeat = (part: Part, next: Part | undefined): boolean =>
  part.kind !== "iteration" && part.kind !== "group" && next?.kind === part.kind && next.name === part.name;

/** Whether a part is such a group. */
export const isRepeats = ({ kind, key }: Part): boolean => kind === "group" && key.startsWith("r-");

const repeated = (first: Part, children: Part[]): Part => ({
  kind: "group",
  key: `r-${first.key}`,
  name: first.name,
  note: `${children.length} times in a row`,
  raw: {},
  rest: {},
  start: null,
  duration: null,
  failed: children.some((each) => each.failed),
  children,
});

/** All parts, each before those in it. */
export function inSequence(groups: readonly Part[]): Part[] {
  const found: Part[] = [];
  const left = [...groups].reverse();
  for (let part = left.pop(); part; part = left.pop()) {
    found.push(part);
    for (let i = part.children.length - 1; i >= 0; i--) left.push(part.children[i] as Part);
  }
  return found;
}
