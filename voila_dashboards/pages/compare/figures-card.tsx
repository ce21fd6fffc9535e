/** Figures of both tickets in one table, with their difference. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { ComparedLog } from "../../web/generated/contract.ts";
import { clip } from "../../web/text/labels.ts";
import { Beside } from "./beside.tsx";
import { type FigureRow, figuresOf } from "./figures.ts";

export function FiguresCard({ left, right }: { left: ComparedLog; right: ComparedLog }): VNode {
  const rows = useMemo(() => figuresOf(left, right), [left, right]);
  return <Beside title="Figures" first="Figure" items={rows} draw={(row) => <Row row={row} />} />;
}

const Row = ({ row: { name, left, right, difference, change, isSame } }: { row: FigureRow }): VNode => (
  <tr class={isSame ? "cl-same-row" : undefined}>
    <th scope="row">
      <bdi>{clip(name, 80)}</bdi>
    </th>
    <td class="cl-num">
      <bdi>{clip(left, 200)}</bdi>
    </td>
    <td class="cl-num">
      <bdi>{clip(right, 200)}</bdi>
    </td>
    <td class="cl-num">
      {isSame ? "=" : difference || (change?.text ? "" : "≠")}
      {change?.text && <small class={`cl-moved ${change.tone}`}>{change.text}</small>}
    </td>
  </tr>
);
