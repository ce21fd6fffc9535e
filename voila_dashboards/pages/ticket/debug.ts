/** What the debugger of a run works on, made once for a trace. */

import type { Part, Run } from "../../web/trace/trace.ts";
import { type AllFigures, failuresOf, figuresOf, firstToSee } from "./figures.ts";
import { type Layout, layOut } from "./layout.ts";
import { type Tree, treeOf } from "./tree.ts";

export interface Debug {
  groups: Part[];
  layout: Layout;
  tree: Tree;
  figures: AllFigures;
  /** The step to look at first; none in a run without steps. */
  first: Part | undefined;
  /** Steps where trouble began, in their order. */
  failures: Part[];
}

export function debugOf({ groups }: Run, hasRunFailed: boolean): Debug {
  const layout = layOut(groups);
  const figures = figuresOf(groups, layout);
  const first = firstToSee(groups, figures, layout, hasRunFailed);
  return { groups, layout, tree: treeOf(groups), figures, first, failures: failuresOf(groups) };
}

/** The address of this page, at a step. */
export function linkOf(part: Part): string {
  const url = new URL(location.href);
  url.searchParams.set("step", part.key);
  url.searchParams.set("part", "steps");
  return url.href;
}
