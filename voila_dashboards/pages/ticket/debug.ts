/** What the debugger of a run works on, made once for a trace. */

import type { Part, Run } from "../../web/trace/trace.ts";
import { failuresOf, firstToSee } from "./first.ts";
import { type Tree, treeOf } from "./tree.ts";

export interface Debug {
  groups: Part[];
  tree: Tree;
  /** The step to look at first; none in a run without steps. */
  first: Part | undefined;
  /** Steps where trouble began, in their order. */
  failures: Part[];
}

export function debugOf({ groups }: Run, hasRunFailed: boolean): Debug {
  const failures = failuresOf(groups);
  return { groups, tree: treeOf(groups), first: firstToSee(groups, failures, hasRunFailed), failures };
}

/** The address of this page, at a step. */
export function linkOf(part: Part): string {
  const url = new URL(location.href);
  url.searchParams.set("step", part.key);
  url.searchParams.set("part", "steps");
  return url.href;
}
