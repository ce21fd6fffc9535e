/** What a breakdown can be sorted by: figures, and how they changed. Pure. */

import type { GroupFigures, GroupRow } from "../../web/generated/contract.ts";

type Figure = (figures: GroupFigures) => number | null;

const tickets: Figure = (figures) => figures.tickets;
export const success: Figure = (figures) => (figures.tickets ? figures.successes / figures.tickets : null);
const time: Figure = (figures) => figures.avg_seconds;
const failedCalls: Figure = (figures) => figures.failed_calls;
const errors: Figure = (figures) => figures.errors;

/** How much `figure` grew; null where either is not told. */
function growth(row: GroupRow, figure: Figure): number | null {
  const [now, then] = [figure(row.current), row.previous && figure(row.previous)];
  return now === null || then === null ? null : now - then;
}

const shrinkage = (row: GroupRow, figure: Figure): number | null => {
  const grown = growth(row, figure);
  return grown === null ? null : -grown;
};

/** Each gives what comes first where it is greatest; `isChange`: needs a time before. */
export const ORDERS = {
  tickets: { name: "Most tickets", by: (row: GroupRow) => tickets(row.current), isChange: false },
  success_fell: { name: "Success fell most", by: (row: GroupRow) => shrinkage(row, success), isChange: true },
  success_low: { name: "Lowest success", by: (row: GroupRow) => negative(success(row.current)), isChange: false },
  errors_rose: { name: "Errors rose most", by: (row: GroupRow) => growth(row, errors), isChange: true },
  calls_rose: { name: "Failed calls rose most", by: (row: GroupRow) => growth(row, failedCalls), isChange: true },
  calls: { name: "Most failed calls", by: (row: GroupRow) => failedCalls(row.current), isChange: false },
  time_rose: { name: "Time rose most", by: (row: GroupRow) => growth(row, time), isChange: true },
  time: { name: "Slowest", by: (row: GroupRow) => time(row.current), isChange: false },
  tickets_rose: { name: "Tickets rose most", by: (row: GroupRow) => growth(row, tickets), isChange: true },
  tickets_fell: { name: "Tickets fell most", by: (row: GroupRow) => shrinkage(row, tickets), isChange: true },
} as const;

export type OrderName = keyof typeof ORDERS;

const negative = (value: number | null): number | null => (value === null ? null : -value);

/** The rows in that order; what has no figure is last, and equal ones stay as they were. */
export function ordered(rows: readonly GroupRow[], order: OrderName): GroupRow[] {
  const { by } = ORDERS[order];
  const figures = new Map(rows.map((row) => [row, by(row)]));
  return [...rows].sort((a, b) => {
    const [one, other] = [figures.get(a) ?? null, figures.get(b) ?? null];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return other - one;
  });
}
