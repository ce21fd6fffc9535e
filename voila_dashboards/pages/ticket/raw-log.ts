/** The whole log as JSON text. Trace, metrics and extra fields are the sender's own text: no digit is lost. */

import type { Log, TicketData } from "../../web/generated/contract.ts";
import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { iso } from "../../web/text/times.ts";
import { BROKEN, parseJson } from "../../web/values/exact.ts";

const isJson = (text: string | null): text is string => parseJson(text, BROKEN) !== BROKEN;

export function rawText({ log, trace }: Pick<TicketData, "log" | "trace">): string {
  const { metrics, extra, month: _month, trace_bytes: _bytes, executed_at_ms, received_at_ms, ...fields } = log;
  const head = { ...fields, executed_at: iso(executed_at_ms), received_at: iso(received_at_ms) };
  const members = Object.entries(head)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (isJson(metrics)) members.push(`"metrics":${metrics}`);
  const more = parseJson(extra, null);
  if (extra && isRecord(more) && !isBlank(more)) members.push(extra.trim().slice(1, -1));
  if (trace) members.push(`"trace":${isJson(trace) ? trace : JSON.stringify(trace)}`);
  return `{${members.join(",")}}`;
}

/** What a file of this log is called, without an ending. */
export const fileName = (log: Log): string =>
  `${label(log.ticket_id)}-${label(log.log_id)}`.replace(/[^\w.-]+/g, "_").slice(0, 120);
