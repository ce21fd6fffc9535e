/** How long tickets took over time: from the median to the 95th percentile, a step for each column. */

import type { VNode } from "preact";
import type { OverviewData, TimeColumn } from "../../web/generated/contract.ts";
import { seconds } from "../../web/text/numbers.ts";
import { briefly, niceTime } from "./columns.ts";
import { BOTTOM, Grid, LEFT, Names, TOP } from "./scale.tsx";

interface BandProps {
  data: OverviewData;
  zone: string;
  width: number;
  height: number;
}

export function TimesBand({ data: { columns, unit }, zone, width, height }: BandProps): VNode | null {
  const told = columns.filter((column) => column.p95_seconds !== null);
  if (!told.length) return null;
  const most = Math.max(...told.map((column) => column.p95_seconds ?? 0), 0.001);
  const step = niceTime(most / 2);
  const ceiling = Math.max(step, Math.ceil(most / step) * step);
  const y = (value: number) => TOP + (height - TOP - BOTTOM) * (1 - value / ceiling);
  const slot = (width - LEFT) / columns.length;
  return (
    <svg
      class="cl-band"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Execution time per ${unit}: median and 95th percentile, at most ${seconds(most)}`}
    >
      <Grid ceiling={ceiling} step={step} y={y} width={width} write={briefly} />
      <Names columns={columns} unit={unit} zone={zone} slot={slot} width={width} height={height} />
      {columns.map((column, i) => (
        <Step key={column.start_ms} column={column} left={LEFT + slot * i} slot={slot} y={y} />
      ))}
    </svg>
  );
}

interface StepProps {
  column: TimeColumn;
  left: number;
  slot: number;
  y: (value: number) => number;
}

function Step({ column: { median_seconds: median, p95_seconds: p95 }, left, slot, y }: StepProps): VNode | null {
  if (median === null || p95 === null) return null;
  const [low, high] = [y(median), y(p95)];
  return (
    <g>
      <rect class="cl-band-range" x={left} y={high} width={slot} height={Math.max(1, low - high)} />
      <line class="cl-band-high" x1={left} x2={left + slot} y1={high} y2={high} />
      <line class="cl-band-median" x1={left} x2={left + slot} y1={low} y2={low} />
    </g>
  );
}
