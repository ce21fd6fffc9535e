/** Logs that were lost, in words. */

import type { LossReason } from "../generated/contract.ts";

/** The share of logs that arrived: never 100 % where one was lost, never 0 % where one arrived. */
export function complete(arrived: number, lost: number): string {
  if (!lost) return "100 %";
  const share = Math.floor((arrived / (arrived + lost)) * 1000) / 10;
  return `${Math.min(99.9, Math.max(0.1, share)).toFixed(1)} %`;
}

export const LOSSES: Record<LossReason, string> = {
  queue_full: "queue full",
  too_big: "too big",
  not_serialisable: "not serialisable",
  refused: "refused",
  network: "network",
  expired: "expired",
  other: "other",
};
