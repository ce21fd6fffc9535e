/** Two runs as the page compares them, made once for two traces. Pure. */

import type { Side } from "../../web/generated/contract.ts";
import { type Run, readTrace } from "../../web/trace/trace.ts";
import { BROKEN, parseJson } from "../../web/values/exact.ts";
import { compareSteps, type StepComparison } from "./steps.ts";
import { type TimeRow, timesOf } from "./times.ts";
import { compareTurns, type TurnRow } from "./turns.ts";

export interface Compared {
  left: Run;
  right: Run;
  steps: StepComparison;
  turns: TurnRow[];
  /** Times of nodes and of tools, by name. */
  nodes: TimeRow[];
  tools: TimeRow[];
}

export function compareRuns(left: Run, right: Run): Compared {
  return {
    left,
    right,
    steps: compareSteps(left.groups, right.groups),
    turns: compareTurns(left, right),
    nodes: timesOf(left, right, "node"),
    tools: timesOf(left, right, "tool call"),
  };
}

/** What happened; null where there is no trace that can be read. */
export function runOf({ trace }: Pick<Side, "trace">): Run | null {
  const sent = parseJson(trace, BROKEN);
  return sent === BROKEN || sent === null ? null : readTrace(sent);
}
