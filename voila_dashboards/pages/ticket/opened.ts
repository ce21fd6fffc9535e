/** Which steps of a run are open: at first, and after each change. */

import type { Part } from "../../web/trace/trace.ts";
import type { Tree } from "./tree.ts";

/** With more rows than this, what is inside is folded at first. */
const MANY_ROWS = 60;

/** What is open before anybody touches it: everything where that is little, and the way to `seen`. */
export function openAtFirst(groups: readonly Part[], tree: Tree, seen: Part | undefined): Set<string> {
  const open = new Set<string>();
  if (tree.byKey.size <= MANY_ROWS) for (const [key, part] of tree.byKey) if (part.children.length) open.add(key);
  if (groups.length === 1 && groups[0]) open.add(groups[0].key);
  for (const each of seen ? ancestorsOf(seen, tree) : []) open.add(each.key);
  return open;
}

/** What lies around `part`, from the outside in. */
export function ancestorsOf(part: Part, { parents }: Tree): Part[] {
  const way: Part[] = [];
  for (let at = parents.get(part); at; at = parents.get(at)) way.unshift(at);
  return way;
}

/** `open`, and what lies around `part`. */
export function withWay(open: ReadonlySet<string>, part: Part, tree: Tree): ReadonlySet<string> {
  const closed = ancestorsOf(part, tree).filter((each) => !open.has(each.key));
  return closed.length ? new Set([...open, ...closed.map((each) => each.key)]) : open;
}

export function turned(open: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(open);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** Everything that holds something. */
export const withMore = ({ byKey }: Tree): Set<string> =>
  new Set([...byKey.values()].filter((part) => part.children.length).map((part) => part.key));
