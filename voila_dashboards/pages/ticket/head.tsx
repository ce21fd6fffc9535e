/** The ticket's name, how it ended, and its small fields. */

import type { ComponentChildren, VNode } from "preact";
import type { Log, May } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Dotted, StatusBadge, Time } from "../../web/parts/words.tsx";
import { useSession } from "../../web/session/context.ts";
import { clientTitle } from "../../web/text/clients.ts";
import { isRecord, label } from "../../web/text/labels.ts";
import { count, money, num, percent, seconds, short } from "../../web/text/numbers.ts";
import { zone } from "../../web/text/times.ts";
import { parseJson } from "../../web/values/exact.ts";

interface HeadProps {
  log: Log;
  may: May;
  /** What clients are called. */
  names: Readonly<Record<string, string>>;
  /** How many calls its conversation shows; said where that is more than the log counts. */
  said: number;
}

export function TicketHead({ log, may, names, said }: HeadProps): VNode {
  const session = useSession();
  const list = session.last("tickets")?.params ?? session.carrying.paramsOf("tickets");
  return (
    <header class="cl-ticket-head" data-section="head">
      <p>
        <Link page="tickets" params={list} class="cl-back" data-key="back">
          ← Tickets
        </Link>
      </p>
      <div class="cl-ticket-title">
        <h1 tabIndex={-1}>{label(log.ticket_id)}</h1>
        <StatusBadge status={log.status} />
        {log.category && <span class="cl-muted">{log.category}</span>}
        <Link page="compare" params={{ client_id: log.client_id, log_id: log.log_id }} class="cl-button cl-small">
          Compare with the last good one
        </Link>
      </div>
      <Facts log={log} may={may} names={names} said={said} />
    </header>
  );
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }): VNode => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

function Facts({ log, may, names, said }: HeadProps): VNode {
  const parsed = parseJson(log.metrics, {});
  const { input_tokens: read, output_tokens: written, cost_usd: cost } = isRecord(parsed) ? parsed : {};
  const hasTokens = num(read) !== null || num(written) !== null;
  return (
    <dl class="cl-facts">
      {may.see_clients && <Fact name="Client">{clientTitle(names, log.client_id)}</Fact>}
      <Fact name={`Executed at (${zone(log.executed_at_ms)})`}>
        <Time ms={log.executed_at_ms} withSeconds />
      </Fact>
      <Fact name="Execution time">{seconds(log.execution_time_seconds)}</Fact>
      <Fact name="Confidence">{percent(log.overall_confidence)}</Fact>
      {num(log.hallucination_risk) !== null && <Fact name="Hallucination risk">{percent(log.hallucination_risk)}</Fact>}
      <Fact name="Iterations">{count(log.react_iterations)}</Fact>
      <Fact name="Tool calls">
        <Dotted
          items={[
            count(log.tool_call_count),
            said > (log.tool_call_count ?? 0) && `${count(said)} in the conversation`,
          ]}
        />
      </Fact>
      <Fact name="Errors">
        <span class={(log.error_count ?? 0) > 0 ? "cl-bad" : undefined}>{count(log.error_count)}</span>
      </Fact>
      {hasTokens && <Fact name="Tokens">{`${short(read)} in · ${short(written)} out`}</Fact>}
      {num(cost) !== null && <Fact name="Cost">{money(cost)}</Fact>}
      {(log.workflow_version || log.environment) && (
        <Fact name="Workflow">
          <Dotted items={[log.workflow_version, log.environment]} />
        </Fact>
      )}
    </dl>
  );
}
