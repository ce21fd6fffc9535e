/** One row of the list of steps: its name, its bar where it lies in time, how long it took. */

import type { VNode } from "preact";
import { clip, firstWords } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import type { Part } from "../../web/trace/trace.ts";
import { Bar } from "./bar.tsx";
import type { Looking } from "./looking.ts";
import type { Measured } from "./measured.ts";
import type { Opening } from "./opening.ts";
import type { Row } from "./rows.ts";
import type { Scale } from "./scale.ts";
import { tookOf, tookShort } from "./took.ts";

/** Deeper rows are not moved further in: their names would have no room. */
const DEEPEST = 8;

export const idOf = (part: Part): string => `cl-step-${part.key}`;

interface RowProps {
  row: Row;
  /** How far down it stands, in pixels. */
  top: number;
  debug: Measured;
  looking: Looking;
  opening: Opening;
  scale: Scale;
}

export function StepRow({ row, top, debug, looking, opening, scale }: RowProps): VNode {
  const { part, depth } = row;
  const hasMore = part.children.length > 0;
  const isOpen = opening.keys.has(part.key);
  const isSelected = looking.part === part;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names the row it is at
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above, arrows lead here
    <div
      id={idOf(part)}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={row.place}
      aria-setsize={row.beside}
      aria-selected={isSelected}
      {...(hasMore ? { "aria-expanded": isOpen } : {})}
      class={`cl-g-row cl-g-${depth ? "inner" : "top"} ${isSelected ? "cl-selected" : ""}`}
      style={{ transform: `translateY(${top}px)`, "--depth": Math.min(depth, DEEPEST) }}
      onClick={() => looking.look(part.key)}
    >
      <span class="cl-g-label">
        <Toggle part={part} isOpen={isOpen} turn={() => opening.turn(part.key)} />
        <Named part={part} debug={debug} isOpen={isOpen} />
      </span>
      <div class="cl-g-track">
        <Bar part={part} layout={debug.layout} scale={scale} />
      </div>
      <span class={`cl-g-time ${part.failed ? "cl-bad" : ""}`}>{tookShort(tookOf(part, debug.layout))}</span>
    </div>
  );
}

function Toggle({ part, isOpen, turn }: { part: Part; isOpen: boolean; turn: () => void }): VNode {
  if (!part.children.length) return <span class="cl-toggle-space" />;
  const press = (event: Event) => {
    event.stopPropagation();
    turn();
  };
  return (
    <button
      type="button"
      tabIndex={-1}
      class="cl-toggle"
      aria-expanded={isOpen}
      aria-label={`Show what is inside ${part.name}`}
      onClick={press}
    />
  );
}

function Named({ part, debug, isOpen }: { part: Part; debug: Measured; isOpen: boolean }): VNode {
  const failures = debug.figures.get(part)?.failures ?? 0;
  const lead = leadOf(part);
  return (
    <span class="cl-g-name">
      <bdi>{clip(part.name, 80)}</bdi>
      {failures > 0 && <FailedMark failures={failures} isInside={!isOpen && part.children.length > 0} />}
      {lead && <small>{lead}</small>}
    </span>
  );
}

/** Said in words and by a sign, not by a colour alone. */
const FailedMark = ({ failures, isInside }: { failures: number; isInside: boolean }): VNode => (
  <span class="cl-g-mark">
    <span aria-hidden="true">✕{isInside && failures > 1 ? ` ${count(failures)}` : ""}</span>
    <span class="cl-sr">{isInside ? `${count(failures)} failed in it` : "failed"}</span>
  </span>
);

function leadOf({ kind, raw, children, note }: Part): string {
  if (kind === "iteration")
    return firstWords(raw.action) || children.map((call) => call.name).join(", ") || firstWords(raw.thought);
  if (kind === "group") return note ?? `×${count(children.length)}`;
  return children.length > 1 ? `×${count(children.length)}` : "";
}
