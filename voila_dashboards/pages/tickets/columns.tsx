/** Columns of the list. Another one is a line here, once the query gives it. */

import type { ComponentChild, VNode } from "preact";
import {
  FIRST_DIRECTIONS,
  type May,
  type PageParams,
  type SortKey,
  type TicketRow,
} from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Muted, StatusBadge, Time } from "../../web/parts/words.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { clientName } from "../../web/text/clients.ts";
import { label } from "../../web/text/labels.ts";
import { bytes, count, DASH, money, num, percent, seconds } from "../../web/text/numbers.ts";

/** What a cell may know beside its row. */
export interface Beside {
  /** Statuses of the whole list, which share out the colours. */
  statuses: readonly string[];
  /** What clients are called. */
  names: Readonly<Record<string, string>>;
  /** What the list was searched for, which a ticket is then searched for too. */
  words: string;
}

export interface TableColumn {
  key: SortKey;
  name: string;
  /** What the heading says when it is pointed at, where its name is short. */
  title?: string;
  class: string;
  cell: (row: TicketRow, beside: Beside) => ComponentChild;
  isShown?: (may: May) => boolean;
  /** Shown only where it is chosen. */
  isExtra?: boolean;
}

/** A figure that is shown where it is chosen. */
function figure(key: SortKey & keyof TicketRow, name: string, write: (value: unknown) => string): TableColumn {
  return { key, name, class: "cl-num", cell: (row) => write(row[key]), isExtra: true };
}

/** The way to a ticket, with the words that it was found by. */
export const ticketAt = ({ client_id, log_id }: TicketRow, words: string): LinkParams<"ticket"> => ({
  client_id,
  log_id,
  find: words,
});

const COLUMNS: readonly TableColumn[] = [
  {
    key: "ticket_id",
    name: "Ticket",
    class: "cl-wide",
    cell: (row, { words }) => (
      <Link page="ticket" params={ticketAt(row, words)} class="cl-ticket-id">
        {label(row.ticket_id)}
      </Link>
    ),
  },
  {
    key: "client_id",
    name: "Client",
    class: "cl-client",
    cell: (row, { names }) => <span title={row.client_id}>{clientName(names, row.client_id)}</span>,
    isShown: (may) => may.see_clients,
  },
  { key: "category", name: "Category", class: "cl-name", cell: (row) => plain(row.category) },
  {
    key: "status",
    name: "Status",
    class: "cl-status",
    cell: (row, { statuses }) => <StatusBadge status={row.status} statuses={statuses} />,
  },
  { key: "workflow_version", name: "Version", class: "cl-name cl-brief", cell: (row) => plain(row.workflow_version) },
  {
    key: "environment",
    name: "Environment",
    class: "cl-name cl-brief",
    cell: (row) => plain(row.environment),
    isExtra: true,
  },
  {
    key: "overall_confidence",
    name: "Confidence",
    class: "cl-num",
    cell: (row) => <Confidence value={row.overall_confidence} />,
  },
  {
    key: "execution_time_seconds",
    name: "Time",
    title: "Execution time",
    class: "cl-num",
    cell: (row) => seconds(row.execution_time_seconds),
  },
  {
    key: "react_iterations",
    name: "Iter.",
    title: "ReACT iterations",
    class: "cl-num",
    cell: (row) => count(row.react_iterations),
    isExtra: true,
  },
  {
    key: "tool_call_count",
    name: "Tools",
    title: "Tool calls",
    class: "cl-num",
    cell: (row) => count(row.tool_call_count),
  },
  {
    key: "failed_tool_calls",
    name: "Failed",
    title: "Failed tool calls",
    class: "cl-num",
    cell: (row) => <Bad n={row.failed_tool_calls} />,
  },
  {
    key: "error_count",
    name: "Errors",
    class: "cl-num",
    cell: (row) => <Bad n={row.error_count} />,
  },
  {
    key: "hallucination_risk",
    name: "Risk",
    title: "Hallucination risk",
    class: "cl-num",
    cell: (row) => percent(row.hallucination_risk, 0),
    isExtra: true,
  },
  figure("input_tokens", "Input tokens", count),
  figure("output_tokens", "Output tokens", count),
  figure("cost_usd", "Cost", money),
  figure("trace_bytes", "Trace", (value) => (num(value) === null ? DASH : bytes(num(value) ?? 0))),
  { key: "executed_at", name: "Executed at", class: "cl-num cl-time", cell: (row) => <Time ms={row.executed_at_ms} /> },
];

/** Every column that may be chosen. */
export const columnsOf = (may: May): TableColumn[] => COLUMNS.filter((column) => column.isShown?.(may) ?? true);

/** The columns that are shown: those that were chosen, or where none were, those of a list of its own. */
export function columnsFor(may: May, { columns }: Pick<PageParams["tickets"], "columns">): TableColumn[] {
  const chosen = columns.split(",");
  const shown = columnsOf(may).filter(({ key, isExtra }) => (columns ? chosen.includes(key) : !isExtra));
  return shown.length ? shown : columnsOf(may).filter(({ isExtra }) => !isExtra);
}

/** The direction that a column is sorted in first, and after that. */
export const directions = (key: SortKey): ["asc" | "desc", "asc" | "desc"] =>
  FIRST_DIRECTIONS[key] === "asc" ? ["asc", "desc"] : ["desc", "asc"];

const Bad = ({ n }: { n: number | null }): VNode => (
  <span class={(n ?? 0) > 0 ? "cl-bad cl-strong" : "cl-muted"}>{count(n)}</span>
);

const plain = (text: string | null): ComponentChild => text || <Muted>{DASH}</Muted>;

function Confidence({ value }: { value: number | null }): VNode {
  const share = num(value);
  if (share === null) return <Muted>{DASH}</Muted>;
  return (
    <span class="cl-confidence">
      <span class="cl-meter" aria-hidden="true">
        <span style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
      </span>
      {percent(share, 0)}
    </span>
  );
}
