/** What the charts of the overview share: their edges, their grid, the names of their columns. */

import type { VNode } from "preact";
import type { OverviewData } from "../../web/generated/contract.ts";
import { columnName } from "./columns.ts";

export const LEFT = 44;
export const BOTTOM = 24;
export const TOP = 8;

interface GridProps {
  ceiling: number;
  step: number;
  y: (value: number) => number;
  width: number;
  write: (value: number) => string;
}

export function Grid({ ceiling, step, y, width, write }: GridProps): VNode {
  const ticks = Array.from({ length: Math.round(ceiling / step) + 1 }, (_, i) => i * step);
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} class="cl-gridline" />
          <text x={LEFT - 8} y={y(tick) + 4} text-anchor="end">
            {write(tick)}
          </text>
        </g>
      ))}
    </>
  );
}

type NamesProps = { zone: string; slot: number; width: number; height: number } & Pick<
  OverviewData,
  "columns" | "unit"
>;

/** As many names as do not touch each other, the last one among them. */
export function Names({ columns, unit, zone, slot, width, height }: NamesProps): VNode {
  const every = Math.max(1, Math.ceil((unit === "year" ? 48 : 58) / slot));
  const named = columns.map((column, i) => ({ column, i })).filter(({ i }) => (columns.length - 1 - i) % every === 0);
  return (
    <>
      {named.map(({ column, i }) => (
        <text
          key={column.start_ms}
          x={Math.min(LEFT + slot * (i + 0.5), width - 18)}
          y={height - 6}
          text-anchor="middle"
        >
          {columnName(column.start_ms, unit, zone)}
        </text>
      ))}
    </>
  );
}
