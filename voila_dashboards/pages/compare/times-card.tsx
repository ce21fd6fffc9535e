/** How long steps of a name took in both runs. */

import type { VNode } from "preact";
import { Moved } from "../../web/parts/change.tsx";
import { clip } from "../../web/text/labels.ts";
import { count, DASH, duration } from "../../web/text/numbers.ts";
import { Beside } from "./beside.tsx";
import type { Taken, TimeRow } from "./times.ts";

export function TimesCard({ title, first, rows }: { title: string; first: string; rows: TimeRow[] }): VNode | null {
  if (!rows.length) return null;
  const most = rows.reduce((top, { left, right }) => Math.max(top, left.ms ?? 0, right.ms ?? 0), 0);
  return <Beside title={title} first={first} items={rows} draw={(row) => <Row row={row} most={most} />} />;
}

function Row({ row: { name, left, right }, most }: { row: TimeRow; most: number }): VNode {
  const isOneSided = !left.count || !right.count;
  return (
    <tr>
      <th scope="row">
        <bdi>{clip(name, 80)}</bdi>
        <span class="cl-c-bars" aria-hidden="true">
          <Bar side="left" taken={left} most={most} />
          <Bar side="right" taken={right} most={most} />
        </span>
      </th>
      <Cell taken={left} />
      <Cell taken={right} />
      <td class="cl-num">
        {isOneSided ? (left.count ? "− other only" : "+ this only") : differenceOf(left.ms, right.ms)}
        {!isOneSided && <Moved now={right.ms} then={left.ms} good={-1} />}
      </td>
    </tr>
  );
}

const Bar = ({ side, taken, most }: { side: string; taken: Taken; most: number }): VNode => (
  <span class={`cl-c-bar-${side}`} style={{ width: `${most ? ((taken.ms ?? 0) / most) * 100 : 0}%` }} />
);

const Cell = ({ taken }: { taken: Taken }): VNode => (
  <td class="cl-num">
    {taken.ms === null ? DASH : duration(taken.ms)}
    {taken.count > 1 && <small class="cl-moved">{count(taken.count)}×</small>}
  </td>
);

export function differenceOf(left: number | null, right: number | null): string {
  if (left === null || right === null) return DASH;
  if (left === right) return "=";
  return `${right > left ? "+" : "−"}${duration(Math.abs(right - left))}`;
}
