/** What the messages of a run tell, together with its steps: a call that both tell of is one. */

import { type Turn, turnsOf } from "./conversation.ts";
import { inSequence } from "./nest.ts";
import type { Part, Run } from "./trace.ts";

/** The turns of a run. Its steps hold from here on what only turns say: what came back for a call, and that it failed. */
export function turnsIn({ messages, groups }: Run): Turn[] {
  const steps = inSequence(groups);
  const turns = turnsOf(
    messages,
    steps.filter((part) => part.kind === "tool call"),
  );
  for (const part of steps.reverse()) part.failed ||= part.kind !== "node" && part.children.some(hasFailedIn);
  return turns;
}

const hasFailedIn = ({ failed }: Part): boolean => failed;
