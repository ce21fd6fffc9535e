/** Stacked columns. Each is a link to its tickets; arrow keys walk along them. */

import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { OverviewData, TimeColumn } from "../../web/generated/contract.ts";
import { useTip } from "../../web/parts/tip.tsx";
import { Swatch } from "../../web/parts/words.tsx";
import { hrefOf, type LinkParams } from "../../web/session/addresses.ts";
import { count, plural, seconds, short } from "../../web/text/numbers.ts";
import { statusKind } from "../../web/text/statuses.ts";
import { columnDays, longColumnName, niceStep } from "./columns.ts";
import { BOTTOM, Grid, LEFT, Names, TOP } from "./scale.tsx";

export interface BarsProps {
  data: OverviewData;
  /** What the list of tickets is narrowed to beside a column's days. */
  narrowed: LinkParams<"tickets">;
  zone: string;
  width: number;
  height: number;
}

const totalOf = (column: TimeColumn): number => column.counts.reduce((a, b) => a + b, 0);

export function Bars({ data, narrowed, zone, width, height }: BarsProps): VNode {
  const { columns, unit } = data;
  const chart = useRef<SVGSVGElement>(null);
  const [chosen, choose] = useState<number | null>(null);
  const most = Math.max(...columns.map(totalOf), 1);
  const step = niceStep(most / 4);
  const ceiling = Math.max(step, Math.ceil(most / step) * step);
  const y = (value: number) => TOP + (height - TOP - BOTTOM) * (1 - value / ceiling);
  const slot = (width - LEFT) / columns.length;
  const focusable = Math.min(chosen ?? columns.length - 1, columns.length - 1);
  const walk = (event: KeyboardEvent) => {
    const last = columns.length - 1;
    const to = { ArrowLeft: focusable - 1, ArrowRight: focusable + 1, Home: 0, End: last }[event.key];
    if (to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    choose(to);
    chart.current?.querySelectorAll<SVGAElement>("a")[to]?.focus();
  };
  return (
    <svg
      ref={chart}
      class="cl-bars"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label={`Tickets per ${unit} by status`}
      onKeyDown={walk}
    >
      <Grid ceiling={ceiling} step={step} y={y} width={width} write={short} />
      <Names columns={columns} unit={unit} zone={zone} slot={slot} width={width} height={height} />
      {columns.map((column, i) => (
        <Bar
          key={column.start_ms}
          column={column}
          data={data}
          narrowed={narrowed}
          zone={zone}
          left={LEFT + slot * i}
          slot={slot}
          y={y}
          isFocusable={i === focusable}
          onFocus={() => choose(i)}
        />
      ))}
    </svg>
  );
}

interface BarProps {
  column: TimeColumn;
  data: OverviewData;
  narrowed: LinkParams<"tickets">;
  zone: string;
  left: number;
  slot: number;
  y: (value: number) => number;
  isFocusable: boolean;
  onFocus: () => void;
}

function Bar({
  column,
  data: { statuses, unit },
  narrowed,
  zone,
  left,
  slot,
  y,
  isFocusable,
  onFocus,
}: BarProps): VNode {
  const explained = useTip();
  const name = `${longColumnName(column.start_ms, unit, zone)}: ${plural(totalOf(column), "ticket")}`;
  const parts = statuses
    .map((status, i) => ({ status, n: column.counts[i] ?? 0, kind: statusKind(status, statuses) }))
    .filter(({ n }) => n > 0);
  const lines = () => (
    <>
      <strong>{name}</strong>
      {parts.map(({ status, n, kind }) => (
        <div key={status} class="cl-tip-row">
          <Swatch kind={kind} />
          {status}
          <b>{count(n)}</b>
        </div>
      ))}
      {column.median_seconds !== null && (
        <div class="cl-tip-row">
          median {seconds(column.median_seconds)}
          <b>p95 {seconds(column.p95_seconds)}</b>
        </div>
      )}
    </>
  );
  const tip = explained(lines);
  const width = Math.max(1, Math.min(34, slot * 0.74));
  let base = 0;
  return (
    <a
      {...tip}
      onFocus={(event: Event) => {
        onFocus();
        tip.onFocus?.(event);
      }}
      href={hrefOf("tickets", { ...narrowed, zone, ...columnDays(column.start_ms, unit, zone) })}
      tabIndex={isFocusable ? 0 : -1}
      aria-label={[name, ...parts.map(({ status, n }) => `${n} ${status}`)].join(", ")}
    >
      <rect class="cl-hit" x={left} y={TOP} width={slot} height={y(0) - TOP} />
      {parts.map(({ status, n, kind }) => {
        const [bottom, top] = [y(base), y(base + n)];
        base += n;
        const height = Math.max(0.5, bottom - top - 1);
        const x = left + (slot - width) / 2;
        return (
          <rect
            key={status}
            class={`cl-bar cl-s-${kind}`}
            x={x}
            y={top + 0.5}
            {...{ width, height }}
            rx={Math.min(3, width / 4)}
          />
        );
      })}
    </a>
  );
}
