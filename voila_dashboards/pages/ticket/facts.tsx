/** The log's metrics, its fields of its own, and other executions of the same ticket. */

import type { VNode } from "preact";
import type { Executions, Log } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { StatusBadge } from "../../web/parts/words.tsx";
import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { count, seconds } from "../../web/text/numbers.ts";
import { localTime } from "../../web/text/times.ts";
import { BROKEN, parseJson } from "../../web/values/exact.ts";
import { Value } from "../../web/values/value.tsx";
import { ownFields } from "./own-fields.ts";

const PORTION = 60;

export function MetricsCard({ log }: { log: Log }): VNode | null {
  const metrics = parseJson(log.metrics, BROKEN);
  if (isBlank(log.metrics) || isBlank(metrics)) return null;
  if (!isRecord(metrics))
    return (
      <Card title="Metrics" section="metrics">
        <Value value={log.metrics} />
      </Card>
    );
  return (
    <Card title="Metrics" section="metrics">
      <dl class="cl-facts-list">
        <Portions
          items={Object.entries(metrics)}
          portion={PORTION}
          draw={([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{figure(value)}</dd>
            </div>
          )}
        />
      </dl>
    </Card>
  );
}

const figure = (value: unknown): string =>
  typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 6 }) : label(value);

export function ExtraCard({ log }: { log: Log }): VNode | null {
  const extra = ownFields(parseJson(log.extra, null));
  if (isBlank(extra)) return null;
  return (
    <Card title="Fields of your own" section="own">
      <Value value={extra} />
    </Card>
  );
}

export function SameTicketCard({ same, log }: { same: Executions; log: Log }): VNode | null {
  if (!same.rows.length) return null;
  const older = same.total - same.rows.length;
  return (
    <Card title="Other executions of this ticket">
      <ul class="cl-runs">
        {same.rows.map((each) => (
          <li key={each.log_id}>
            <Link page="ticket" params={{ client_id: each.client_id, log_id: each.log_id }}>
              {localTime(each.executed_at_ms, true)}
            </Link>
            <StatusBadge status={each.status} />
            <span class="cl-muted">{seconds(each.execution_time_seconds)}</span>
            <Link
              page="compare"
              params={{ client_id: log.client_id, log_id: log.log_id, other_log_id: each.log_id }}
              title="Compare this execution with that one"
            >
              Compare
            </Link>
          </li>
        ))}
      </ul>
      {older > 0 && <p class="cl-foot">and {count(older)} older ones</p>}
    </Card>
  );
}
