/** Figures of a step as they stand on the page: with what makes them an estimate. */

import { duration, percent } from "../../web/text/numbers.ts";
import type { Figures } from "./figures.ts";

/** Null where nobody knows. */
export function shareInWords({ share, isEstimate }: Pick<Figures, "share" | "isEstimate">): string | null {
  if (share === null) return null;
  return `${isEstimate ? "~ " : ""}${percent(share)}`;
}

const OWN_SIGNS = { told: "", most: "≤ ", estimate: "~ " } as const;

export const ownInWords = ({ own, ownBy }: Pick<Figures, "own" | "ownBy">): string | null =>
  own === null ? null : `${OWN_SIGNS[ownBy]}${duration(own)}`;
