/** What the debugger of a run works on, made once for a trace. */

import type { Turn } from "../../web/trace/conversation.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { type Failure, failedCallsOf } from "./failures.ts";
import { failuresOf, firstToSee } from "./first.ts";
import { type Tree, treeOf } from "./tree.ts";

export interface Debug {
  groups: Part[];
  tree: Tree;
  /** The step to look at first; none in a run without steps. */
  first: Part | undefined;
  /** Where trouble began: steps in their order, then calls that only turns tell of. */
  failures: Failure[];
  /** The one to tell of first. */
  trouble: Failure | undefined;
}

export function debugOf({ groups }: Run, hasRunFailed: boolean, turns: readonly Turn[] = []): Debug {
  const steps = failuresOf(groups);
  const failures = [...steps.map((part) => ({ part, place: null })), ...failedCallsOf(turns, groups)];
  const first = firstToSee(groups, steps, hasRunFailed);
  const leading = steps.length ? failures.slice(0, steps.length) : failures;
  return { groups, tree: treeOf(groups), first, failures, trouble: leading.at(hasRunFailed ? -1 : 0) };
}

/** The address of this page, at a step. */
export function linkOf(part: Part): string {
  const url = new URL(location.href);
  url.searchParams.set("step", part.key);
  url.searchParams.set("part", "steps");
  return url.href;
}
