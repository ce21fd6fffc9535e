/** All steps by their key, and what each lies in. */

import type { Part } from "../../web/trace/trace.ts";

export interface Tree {
  byKey: ReadonlyMap<string, Part>;
  parents: ReadonlyMap<Part, Part>;
  /** The keys of steps by those of their other places, where they are told twice. */
  ownKeys: ReadonlyMap<string, string>;
}

export function treeOf(groups: readonly Part[]): Tree {
  const byKey = new Map<string, Part>();
  const parents = new Map<Part, Part>();
  const ownKeys = new Map<string, string>();
  const left = [...groups];
  for (let part = left.pop(); part; part = left.pop()) {
    byKey.set(part.key, part);
    if (part.otherKey) ownKeys.set(part.otherKey, part.key);
    for (const child of part.children) {
      parents.set(child, part);
      left.push(child);
    }
  }
  return { byKey, parents, ownKeys };
}

/** The step of a key, be it that of its other place. */
export const stepOf = ({ byKey, ownKeys }: Tree, key: string): Part | undefined => byKey.get(ownKeys.get(key) ?? key);
