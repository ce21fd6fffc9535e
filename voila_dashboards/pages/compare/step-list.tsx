/** The steps of both runs in one list; only rows in sight exist. */

import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useVirtualRows } from "../../web/parts/virtual.ts";
import { clip, firstWords } from "../../web/text/labels.ts";
import { DASH, duration, plural } from "../../web/text/numbers.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import type { Part } from "../../web/trace/trace.ts";
import type { RowKind, StepRow } from "./steps.ts";
import { differenceOf } from "./times-card.tsx";

const ROW_HEIGHT = 30;
/** Deeper rows are not moved further in: their names would have no room. */
const DEEPEST = 8;
const PAGE = 12;

const SIGNS: Readonly<Record<RowKind, string>> = { same: "=", content: "≈", outcome: "≠", removed: "−", added: "+" };
export const IN_WORDS: Readonly<Record<RowKind, string>> = {
  same: "the same",
  content: "the same step, with another content",
  outcome: "the same step, with another end",
  removed: "only in the other ticket",
  added: "only in this ticket",
};

interface ListProps {
  rows: readonly StepRow[];
  /** The row that is looked at. */
  at: number;
  /** The row where the runs part. */
  first: StepRow | undefined;
  look: (row: StepRow) => void;
}

export function StepList({ rows, at, first, look }: ListProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(place, rows.length, ROW_HEIGHT);
  useLayoutEffect(() => {
    if (at >= 0) virtual.show(at);
  }, [at, rows]);
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = rows[movedTo(event.key, at, rows.length)];
    if (!row) return;
    event.preventDefault();
    look(row);
  };
  return (
    <div class="cl-c-step-list" style={{ "--rows": rows.length }}>
      <div class="cl-c-step-row cl-c-step-head" aria-hidden="true">
        <span />
        <span>Step</span>
        <span>Other</span>
        <span>This</span>
        <span>Difference</span>
      </div>
      <div
        ref={place}
        class="cl-c-step-rows"
        role="listbox"
        aria-label={`${plural(rows.length, "step")} of both runs`}
        aria-activedescendant={rows[at] ? idOf(rows[at]) : undefined}
        tabIndex={0}
        onKeyDown={press}
      >
        <div style={{ height: `${virtual.total}px`, position: "relative" }}>
          {rows.slice(virtual.from, virtual.to).map((row, i) => (
            <Row
              key={row.key}
              row={row}
              top={(virtual.from + i) * ROW_HEIGHT}
              isSelected={virtual.from + i === at}
              isFirst={row === first}
              look={look}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const idOf = (row: StepRow): string => `cl-compared-${row.key}`;

/** Where a key leads; -1 where it leads nowhere. */
function movedTo(key: string, at: number, count: number): number {
  const to: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: Math.min(count - 1, at + PAGE),
    PageUp: Math.max(0, at - PAGE),
    Home: 0,
    End: count - 1,
  };
  return to[key] ?? -1;
}

interface RowProps {
  row: StepRow;
  top: number;
  isSelected: boolean;
  isFirst: boolean;
  look: (row: StepRow) => void;
}

function Row({ row, top, isSelected, isFirst, look }: RowProps): VNode {
  const { kind, depth, left, right } = row;
  const part = right ?? left;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the row it is at
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above, arrows lead here
    <div
      id={idOf(row)}
      role="option"
      aria-selected={isSelected}
      class={`cl-c-step-row cl-c-r-${kind} ${isSelected ? "cl-selected" : ""} ${isFirst ? "cl-c-first" : ""}`}
      style={{ transform: `translateY(${top}px)`, "--depth": Math.min(depth, DEEPEST) }}
      onClick={() => look(row)}
    >
      <span class="cl-c-sign">
        <span aria-hidden="true">{SIGNS[kind]}</span>
        <span class="cl-sr">{IN_WORDS[kind]}: </span>
      </span>
      <span class="cl-c-step-name">
        <bdi>{clip(part?.name ?? "", 80)}</bdi>
        {isFirst && <em>first difference</em>}
        <small>{leadOf(part)}</small>
      </span>
      <Time part={left} />
      <Time part={right} />
      <span class="cl-num">{left && right ? differenceOf(left.duration, right.duration) : ""}</span>
    </div>
  );
}

const leadOf = (part: Part | null): string =>
  part?.kind === "iteration" ? part.children.map((call) => call.name).join(", ") || firstWords(part.raw.action) : "";

const Time = ({ part }: { part: Part | null }): VNode => (
  <span class={`cl-num ${part ? "" : "cl-c-absent"}`}>
    {part && hasFailed(part.raw) && (
      <span class="cl-bad">
        <span aria-hidden="true">✕ </span>
        <span class="cl-sr">failed </span>
      </span>
    )}
    {part ? part.duration === null ? DASH : duration(part.duration) : <span class="cl-sr">not there</span>}
  </span>
);
