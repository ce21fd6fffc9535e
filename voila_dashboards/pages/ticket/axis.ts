/** The places of the axis of time that are named. */

import { DAY_MS } from "../../web/generated/contract.ts";

/** Steps people count time in. */
const AXIS_STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1e3,
  2e3,
  5e3,
  1e4,
  15e3,
  3e4,
  6e4,
  12e4,
  3e5,
  6e5,
  9e5,
  18e5,
  36e5,
  72e5,
  216e5,
  432e5,
  DAY_MS,
];

/** From one named place of an axis to the next: ms, or steps where nothing is in time. At most about six are named. */
export function stepOfAxis(length: number, isTimed: boolean): number {
  if (!isTimed) return Math.max(1, Math.ceil(length / 6));
  return AXIS_STEPS.find((each) => length / each <= 6) ?? Math.ceil(length / 6 / DAY_MS) * DAY_MS;
}
