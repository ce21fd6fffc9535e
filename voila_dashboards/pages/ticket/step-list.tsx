/** The list of steps: a tree, and the timeline of it. Only rows in sight exist. */

import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useSize } from "../../web/parts/size.ts";
import { useVirtualRows } from "../../web/parts/virtual.ts";
import { plural } from "../../web/text/numbers.ts";
import { axisOf } from "./axis.ts";
import type { Layout } from "./layout.ts";
import type { Looking } from "./looking.ts";
import type { Measured } from "./measured.ts";
import type { Opening } from "./opening.ts";
import { moved, rowsOf } from "./rows.ts";
import type { Scale } from "./scale.ts";
import { idOf, StepRow } from "./step-row.tsx";

const ROW_HEIGHT = 30;

interface ListProps {
  debug: Measured;
  looking: Looking;
  opening: Opening;
  scale: Scale;
}

export function StepList({ debug, looking, opening, scale }: ListProps): VNode {
  const { part } = looking;
  const { keys: open, turn } = opening;
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
    if ("turn" in way) turn(way.turn);
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
              opening={opening}
              scale={scale}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Axis({ layout, scale }: { layout: Layout; scale: Scale }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const size = useSize(place);
  const names = size && place.current ? axisOf(layout, scale, size.width, measureIn(place.current)) : [];
  return (
    <div class="cl-g-row cl-axis" aria-hidden="true">
      <span />
      <div ref={place} class="cl-g-track">
        {names.map(({ name, left }) => (
          <span key={name} style={{ left: `${left}px` }}>
            {name}
          </span>
        ))}
      </div>
      <span />
    </div>
  );
}

/** How many pixels wide a text is in the letters of `element`, whose digits are all as wide as a 0. */
function measureIn(element: Element): (text: string) => number {
  const pen = document.createElement("canvas").getContext("2d");
  const { fontWeight, fontSize, fontFamily } = getComputedStyle(element);
  if (pen) pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  return (text) => pen?.measureText(text.replace(/\d/g, "0")).width ?? text.length * Number.parseFloat(fontSize);
}
