/** What else the ticket may be compared with. */

import type { VNode } from "preact";
import type { CompareData, LastGood, PageParams } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { StatusBadge } from "../../web/parts/words.tsx";
import { clip } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { localTime } from "../../web/text/times.ts";

type Params = PageParams["compare"];

interface WaysProps {
  data: CompareData;
  params: Params;
}

/** How the last good one is alike, in words. */
export function alikeIn({ last_good, ticket: { log } }: CompareData): string {
  if (last_good.alike_by === "category") return `of category ${clip(log.category ?? "", 60)}`;
  const without = "(this ticket has no category)";
  if (last_good.alike_by === "workflow_version")
    return `of workflow version ${clip(log.workflow_version ?? "", 40)} ${without}`;
  return `of this client ${without}`;
}

/** What was looked for, whether or not it was found. */
export const goodInWords = ({ has_failed_calls }: LastGood): string =>
  has_failed_calls
    ? "the newest SUCCESS before this one; every one of them had failed tool calls"
    : "the newest SUCCESS before this one of which no failed tool call is known";

export function Ways({ data, params }: WaysProps): VNode {
  const { ticket, other, last_good: good, same_ticket: same } = data;
  const { client_id, log_id } = ticket.log;
  const isGood = other !== null && good.run?.log_id === other.log.log_id && other.log.client_id === client_id;
  return (
    <nav class="cl-c-ways" aria-label="Compare with">
      <span class="cl-muted">Compare with</span>
      {good.run ? (
        <Link
          page="compare"
          params={{ client_id, log_id, other_log_id: good.run.log_id }}
          class="cl-button cl-small"
          aria-current={isGood ? "true" : undefined}
          title={goodInWords(good)}
        >
          Last good one {alikeIn(data)}
        </Link>
      ) : (
        <span class="cl-muted">(no earlier good one {alikeIn(data)})</span>
      )}
      {same.rows.map((run) => (
        <Link
          key={run.log_id}
          page="compare"
          params={{ client_id, log_id, other_log_id: run.log_id }}
          class="cl-button cl-small"
          aria-current={other?.log.log_id === run.log_id ? "true" : undefined}
        >
          Same ticket, {localTime(run.executed_at_ms)} <StatusBadge status={run.status} />
        </Link>
      ))}
      {same.total > same.rows.length && (
        <span class="cl-muted">and {count(same.total - same.rows.length)} older executions of it</span>
      )}
      {other && (
        <Link page="compare" params={swapped(params, data)} class="cl-button cl-small">
          Swap sides
        </Link>
      )}
    </nav>
  );
}

function swapped({ step: _step }: Params, { ticket, other }: CompareData): Partial<Params> {
  const [now, then] = [other?.log ?? ticket.log, ticket.log];
  return {
    client_id: now.client_id,
    log_id: now.log_id,
    other_client_id: then.client_id === now.client_id ? "" : then.client_id,
    other_log_id: then.log_id,
  };
}
