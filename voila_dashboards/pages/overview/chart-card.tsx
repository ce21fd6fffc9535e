/** Tickets over time: how they ended, and how long they took. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { OverviewData } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { useSize } from "../../web/parts/size.ts";
import { Swatch } from "../../web/parts/words.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { count } from "../../web/text/numbers.ts";
import { statusKind } from "../../web/text/statuses.ts";
import { Bars } from "./bars.tsx";
import { TimesBand } from "./times-band.tsx";

const BAND_HEIGHT = 120;

interface ChartProps {
  data: OverviewData;
  narrowed: LinkParams<"tickets">;
  zone: string;
}

export function ChartCard({ data, narrowed, zone }: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const size = useSize(place);
  return (
    <Card title={`Tickets per ${data.unit}`} class="cl-chart-card">
      <p class="cl-legend">
        {data.statuses.map((status) => (
          <span key={status}>
            <Swatch kind={statusKind(status, data.statuses)} />
            {status}
          </span>
        ))}
        <span class="cl-muted">in {zone}</span>
      </p>
      <div class="cl-chart" ref={place}>
        {size && <Bars {...{ data, narrowed, zone }} width={size.width} height={size.height} />}
      </div>
      <p class="cl-legend cl-band-legend">
        <span>Execution time</span>
        <span>
          <i class="cl-key-median" aria-hidden="true" /> median
        </span>
        <span>
          <i class="cl-key-range" aria-hidden="true" /> up to the 95th percentile
        </span>
      </p>
      {size && <TimesBand data={data} zone={zone} width={size.width} height={BAND_HEIGHT} />}
      <Outliers outliers={data.outliers} />
    </Card>
  );
}

/** A few tickets of another time would press all others into one column. */
function Outliers({ outliers: { before, after } }: Pick<OverviewData, "outliers">): VNode | null {
  if (!before && !after) return null;
  const parts = [before && `${count(before)} long before`, after && `${count(after)} long after`].filter(Boolean);
  return <p class="cl-foot">Not drawn: {parts.join(" and ")}. The figures count them.</p>;
}
