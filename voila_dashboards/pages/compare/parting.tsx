/** Where the two runs part, said first. */

import type { VNode } from "preact";
import { clip } from "../../web/text/labels.ts";
import { hasFailed, type Part } from "../../web/trace/trace.ts";
import { type StepComparison, type StepRow, titleOf } from "./steps.ts";

interface PartingProps {
  steps: StepComparison;
  show: (key: string) => void;
}

export function Parting({ steps: { rows, first }, show }: PartingProps): VNode | null {
  if (!rows.length) return <p class="cl-c-parting cl-muted">Neither trace holds steps to compare.</p>;
  const row = rows[first];
  if (!row) return <p class="cl-c-parting">Both runs did the same steps, and were given and gave back the same.</p>;
  return (
    <div class="cl-c-parting">
      <p>
        <strong>First difference:</strong> <Said row={row} instead={insteadOf(rows, first)} />
      </p>
      <button type="button" class="cl-button cl-small" onClick={() => show(row.key)}>
        Show step
      </button>
    </div>
  );
}

function Said({ row: { kind, left, right }, instead }: { row: StepRow; instead: StepRow | null }): VNode {
  const name = <bdi class="cl-strong">{nameOf(right ?? left)}</bdi>;
  if (kind === "removed" && instead)
    return (
      <>
        where the other ticket did {name}, this one did <bdi class="cl-strong">{nameOf(instead.right)}</bdi>
      </>
    );
  if (kind === "removed") return <>{name} was done in the other ticket only</>;
  if (kind === "added") return <>{name} was done in this ticket only</>;
  if (kind === "content") return <>the steps are the same; {name} was given or gave back something else</>;
  if (left && right && hasFailed(left.raw) !== hasFailed(right.raw))
    return (
      <>
        {name} failed in {hasFailed(right.raw) ? "this" : "the other"} ticket only
      </>
    );
  return <>{name} ended otherwise</>;
}

const nameOf = (part: Part | null): string => (part ? clip(titleOf(part), 100) : "");

/** The step of this run that stands where the other's did, which is at `first`. */
function insteadOf(rows: readonly StepRow[], first: number): StepRow | null {
  const depth = rows[first]?.depth ?? 0;
  const after = rows.slice(first + 1).find((row) => row.depth <= depth && row.kind !== "removed");
  return after?.depth === depth && after.kind === "added" ? after : null;
}
