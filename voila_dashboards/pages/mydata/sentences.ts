/** What was set for a client, in sentences. Pure. */

import type { ClientLevel, ClientRecord, DeletionKind } from "../../web/generated/contract.ts";
import { plural } from "../../web/text/numbers.ts";
import { utcTime } from "../../web/text/times.ts";

/** Levels, each in short and as a sentence. */
export const LEVELS: Record<ClientLevel, readonly [string, string]> = {
  FULL_TRACE: [
    "Everything",
    "Each log is kept as it was sent: its fields, its figures and its trace. The SDK masks before it sends.",
  ],
  METRICS_ONLY: [
    "Figures only",
    "Figures and short texts are kept; traces are taken off each log on arrival and never stored.",
  ],
  OFF: ["Nothing", "Logs are answered and not stored."],
};

const TO_DELETE: Record<DeletionKind, string> = {
  client: "The client, with all its logs",
  ticket: "A ticket",
  subject: "A person",
};

export const deleted = (kind: DeletionKind, isOfEverybody: boolean): string =>
  isOfEverybody ? `${TO_DELETE[kind]}, with all clients` : TO_DELETE[kind];

/** Who decided and when; `otherwise` where nobody noted it. */
export function decided(by: string | null, atMs: number | null, otherwise: string): string {
  if (by === null && atMs === null) return otherwise;
  return `Set${by === null ? "" : ` by ${by}`}${atMs === null ? "" : ` on ${utcTime(atMs)}`}.`;
}

const days = (n: number | null): string => (n === null ? "for ever" : plural(n, "day"));

/** How long logs are kept, in two words. */
export const keptFor = ({ logs_days: n }: ClientRecord): string => (n === null ? "For ever" : plural(n, "day"));

/** How long logs and traces are kept. */
export function retention({ logs_days: logs, traces_days: traces }: ClientRecord): string[] {
  if (logs === null && traces === null)
    return ["Nothing was said, so logs and their traces are kept until somebody says for how long, or deletes them."];
  const first = `Logs are kept ${logs === null ? "for ever" : `for ${days(logs)}`}, counted from when the ticket ran.`;
  if (traces === null) return [first, "Their traces are kept as long."];
  return [first, `Their traces are kept for ${days(traces)}; the figures of a log stay until the log goes.`];
}

/** Where that comes from. */
export const keptBecause = ({ logs_days, traces_days, kept_by, kept_at_ms }: ClientRecord): string =>
  decided(
    kept_by,
    kept_at_ms,
    logs_days === null && traces_days === null
      ? "It is what holds where nothing is set."
      : "Set by the provider; by whom was not noted.",
  );

/** `38 of 40 tickets`, as a share would hide how many there are. */
export const ofTickets = (n: number, all: number): string => `${n.toLocaleString("en-US")} of ${plural(all, "ticket")}`;

/** `12 logs, 12 traces`; of what was removed only what was there. */
export function counted(counts: Readonly<Record<string, number>>): string {
  const there = Object.entries(counts).filter(([, n]) => n > 0);
  return there.map(([name, n]) => `${n.toLocaleString("en-US")} ${n === 1 ? name.replace(/s$/, "") : name}`).join(", ");
}
