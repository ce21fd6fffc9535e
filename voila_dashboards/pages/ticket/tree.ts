/** All steps by their key, what each lies in, and what is open of them at first. */

import type { Part } from "../../web/trace/trace.ts";

/** All steps by their key, and what each lies in. */
export interface Tree {
  byKey: ReadonlyMap<string, Part>;
  parents: ReadonlyMap<Part, Part>;
}

/** With more rows than this, what is inside is folded at first. */
const MANY_ROWS = 60;

export function treeOf(groups: readonly Part[]): Tree {
  const byKey = new Map<string, Part>();
  const parents = new Map<Part, Part>();
  const left = [...groups];
  for (let part = left.pop(); part; part = left.pop()) {
    byKey.set(part.key, part);
    for (const child of part.children) {
      parents.set(child, part);
      left.push(child);
    }
  }
  return { byKey, parents };
}

/** What lies around `part`, from the outside in. */
export function ancestorsOf(part: Part, { parents }: Tree): Part[] {
  const way: Part[] = [];
  for (let at = parents.get(part); at; at = parents.get(at)) way.unshift(at);
  return way;
}

/** What is open before anybody touches it: everything where that is little, and the way to `seen`. */
export function openAtFirst(groups: readonly Part[], tree: Tree, seen: Part | undefined): Set<string> {
  const open = new Set<string>();
  if (tree.byKey.size <= MANY_ROWS) for (const [key, part] of tree.byKey) if (part.children.length) open.add(key);
  if (groups.length === 1 && groups[0]) open.add(groups[0].key);
  for (const each of seen ? ancestorsOf(seen, tree) : []) open.add(each.key);
  return open;
}
