/** Columns of the chart: their scale, their names, their days; on the clock of the zone that the page counts in. */

import type { OverviewData } from "../../web/generated/contract.ts";
import { seconds } from "../../web/text/numbers.ts";
import { dayIn, writtenIn } from "../../web/text/times.ts";

type Unit = OverviewData["unit"];

/** 1, 2 or 5 times a power of ten, at least `least`. */
export function niceStep(rough: number, least = 1): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, least)));
  return Math.max(least, ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power);
}

/** A step of seconds such as clocks have: 5, 15, 30 of each unit; below seconds, and above hours, of ten. */
export function niceTime(rough: number): number {
  const clock = [1, 2, 5, 10, 15, 30].flatMap((n) => [n, n * 60]).concat([3600, 7200, 18000, 36000]);
  return rough <= 1 || rough > 36000 ? niceStep(rough, 0.001) : Math.min(...clock.filter((each) => each >= rough));
}

/** Seconds as short as an axis wants them. */
export function briefly(value: number): string {
  if (value < 60) return seconds(value);
  return value < 3600 ? `${Number((value / 60).toFixed(1))} min` : `${Number((value / 3600).toFixed(1))} h`;
}

const SHAPES: Record<Unit, Intl.DateTimeFormatOptions> = {
  hour: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { month: "short", day: "numeric" },
  week: { month: "short", day: "numeric" },
  month: { month: "short", year: "2-digit" },
  year: { year: "numeric" },
};

/** A column's name below the chart. */
export const columnName = (ms: number, unit: Unit, zone: string): string => writtenIn(zone, SHAPES[unit], ms);

/** A column's name where it stands alone. */
export function longColumnName(ms: number, unit: Unit, zone: string): string {
  const day: Intl.DateTimeFormatOptions =
    unit === "day" || unit === "hour" ? { weekday: "short", month: "short", day: "numeric" } : {};
  const text = writtenIn(zone, { ...SHAPES[unit], ...day, year: "numeric" }, ms);
  return unit === "week" ? `Week of ${text}` : text;
}

/** First and last day of a column, as the list's filter wants them; of an hour, its day. */
export function columnDays(ms: number, unit: Unit, zone: string): { from: string; to: string } {
  const from = dayIn(ms, zone);
  return { from, to: lastDay(from, unit) };
}

function lastDay(from: string, unit: Unit): string {
  const [year = 0, month = 1, day = 1] = from.split("-").map(Number);
  const after = {
    hour: [year, month - 1, day],
    day: [year, month - 1, day],
    week: [year, month - 1, day + 6],
    month: [year, month, 0],
    year: [year, 11, 31],
  }[unit] as [number, number, number];
  return new Date(Date.UTC(...after)).toISOString().slice(0, 10);
}
