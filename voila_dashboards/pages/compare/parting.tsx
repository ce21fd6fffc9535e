/** Where the two runs part, said first. */

import type { VNode } from "preact";
import { clip } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import type { Part } from "../../web/trace/trace.ts";
import { type StepComparison, type StepRow, titleOf } from "./steps.ts";
import type { TurnRow } from "./turns.ts";

interface PartingProps {
  steps: StepComparison;
  turns: readonly TurnRow[];
  show: (key: string) => void;
}

export function Parting({ steps: { rows, first }, turns, show }: PartingProps): VNode | null {
  const row = rows[first];
  if (!row) {
    const said = saidInWords(turns);
    return rows.length ? (
      <p class="cl-c-parting">Both runs did the same steps, and were given and gave back the same. {said}</p>
    ) : (
      <p class="cl-c-parting cl-muted">Neither trace holds steps to compare. {said}</p>
    );
  }
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

/** Where what was said parts, where no step tells it. */
function saidInWords(turns: readonly TurnRow[]): string {
  if (!turns.length) return "";
  const at = turns.findIndex(({ isSame }) => !isSame);
  return at < 0 ? "Both conversations are the same." : `The conversations differ from turn ${count(at + 1)} on.`;
}

const nameOf = (part: Part | null): string => (part ? clip(titleOf(part), 100) : "");

/** The step of this run that stands where the other's did, which is at `first`. */
function insteadOf(rows: readonly StepRow[], first: number): StepRow | null {
  const depth = rows[first]?.depth ?? 0;
  const after = rows.slice(first + 1).find((row) => row.depth <= depth && row.kind !== "removed");
  return after?.depth === depth && after.kind === "added" ? after : null;
}
