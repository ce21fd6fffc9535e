/** The list of steps: a tree, and the timeline of it. Only rows in sight exist. */

import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useVirtualRows } from "../../web/parts/virtual.ts";
import { duration, plural } from "../../web/text/numbers.ts";
import type { Layout } from "./layout.ts";
import type { Looking } from "./looking.ts";
import type { Measured } from "./measured.ts";
import { moved, rowsOf } from "./rows.ts";
import type { Scale } from "./scale.ts";
import { idOf, StepRow } from "./step-row.tsx";

const ROW_HEIGHT = 30;

interface ListProps {
  debug: Measured;
  looking: Looking;
  scale: Scale;
}

export function StepList({ debug, looking, scale }: ListProps): VNode {
  const { part, open } = looking;
  const rows = useMemo(() => rowsOf(debug.groups, open), [debug, open]);
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(place, rows.length, ROW_HEIGHT);
  const at = useMemo(() => rows.findIndex((row) => row.part === part), [rows, part]);
  useLayoutEffect(() => {
    if (at >= 0) virtual.show(at);
  }, [at]);
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const way = moved(rows, part.key, event.key, open);
    if (!way) return;
    event.preventDefault();
    if ("turn" in way) looking.turn(way.turn);
    else looking.look(way.select);
  };
  const total = debug.tree.byKey.size;
  return (
    <div class="cl-gantt" style={{ "--rows": rows.length }}>
      <Axis layout={debug.layout} scale={scale} />
      <div
        ref={place}
        class="cl-rows"
        role="tree"
        aria-label={`${plural(total, "step")} of this run`}
        aria-activedescendant={idOf(part)}
        tabIndex={0}
        onKeyDown={press}
      >
        <div class="cl-rows-all" style={{ height: `${virtual.total}px` }}>
          {rows.slice(virtual.from, virtual.to).map((row, i) => (
            <StepRow
              key={row.part.key}
              row={row}
              top={(virtual.from + i) * ROW_HEIGHT}
              debug={debug}
              looking={looking}
              scale={scale}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Axis({ layout: { isTimed, total }, scale }: { layout: Layout; scale: Scale }): VNode {
  const nameOf = (ms: number) => (isTimed ? duration(ms) : ms < total ? `step ${ms + 1}` : "");
  return (
    <div class="cl-g-row cl-axis" aria-hidden="true">
      <span />
      <div class="cl-g-track">
        {scale.ticks.map(({ ms, at }) => (
          <span key={ms} style={{ left: `${at * 100}%` }} class={at > 0.97 ? "cl-last" : undefined}>
            {nameOf(ms)}
          </span>
        ))}
      </div>
      <span />
    </div>
  );
}
