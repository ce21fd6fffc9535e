/** Logs that were lost, in words. */

import type { LossReason } from "../generated/contract.ts";
import { percent } from "./numbers.ts";

/** The share of logs that arrived. */
export const complete = (arrived: number, lost: number): string => percent(lost ? arrived / (arrived + lost) : 1);

export const LOSSES: Record<LossReason, string> = {
  queue_full: "queue full",
  too_big: "too big",
  not_serialisable: "not serialisable",
  refused: "refused",
  network: "network",
  expired: "expired",
  other: "other",
};
