/** How the tickets ended. */

import type { VNode } from "preact";
import { type OverviewData, REST } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Swatch } from "../../web/parts/words.tsx";
import { type LinkParams, statusParam } from "../../web/session/addresses.ts";
import { count, percent } from "../../web/text/numbers.ts";
import { statusKind } from "../../web/text/statuses.ts";

const RADIUS = 58;
const AROUND = 2 * Math.PI * RADIUS;

interface OutcomeProps {
  data: OverviewData;
  span: LinkParams<"tickets">;
}

export function OutcomeCard({ data, span }: OutcomeProps): VNode {
  return (
    <Card title="Outcome" class="cl-outcome">
      <Donut data={data} />
      <ul class="cl-outcomes">
        {data.statuses.map((status, i) => (
          <Outcome key={status} status={status} n={data.outcomes[i] ?? 0} data={data} span={span} />
        ))}
      </ul>
    </Card>
  );
}

function Donut({ data: { statuses, outcomes, current } }: { data: OverviewData }): VNode {
  const total = Math.max(1, current.tickets);
  let turned = 0;
  return (
    <svg
      class="cl-donut"
      viewBox="0 0 160 160"
      role="img"
      aria-label={`${percent(current.success_rate)} of tickets succeeded`}
    >
      <circle cx={80} cy={80} r={RADIUS} class="cl-arc cl-track" />
      {statuses.map((status, i) => {
        const share = (outcomes[i] ?? 0) / total;
        const gap = share === 1 ? 0 : Math.min(2, share * AROUND * 0.5);
        const offset = -turned * AROUND;
        turned += share;
        return (
          <circle
            key={status}
            cx={80}
            cy={80}
            r={RADIUS}
            class={`cl-arc cl-s-${statusKind(status, statuses)}`}
            stroke-dasharray={`${Math.max(0, share * AROUND - gap)} ${AROUND}`}
            stroke-dashoffset={offset}
          />
        );
      })}
      <text x={80} y={84} class="cl-donut-value">
        {percent(current.success_rate)}
      </text>
      <text x={80} y={102} class="cl-donut-name">
        success
      </text>
    </svg>
  );
}

function Outcome({ status, n, data, span }: OutcomeProps & { status: string; n: number }): VNode {
  const inside = (
    <>
      <Swatch kind={statusKind(status, data.statuses)} />
      <span class="cl-grow">{status}</span>
      <b>{count(n)}</b>
      <span class="cl-share">{percent(n / Math.max(1, data.current.tickets))}</span>
    </>
  );
  if (status === REST)
    return (
      <li>
        <span>{inside}</span>
      </li>
    );
  return (
    <li>
      <Link page="tickets" params={{ ...span, status: statusParam([status]) }}>
        {inside}
      </Link>
    </li>
  );
}
