/** The rows of the list of steps: what is open of the tree, and the ways through it. Every way costs what it passes. */

import type { Part } from "../../web/trace/trace.ts";

export interface Row {
  part: Part;
  depth: number;
  /** From 1, among `beside` that lie in the same step. */
  place: number;
  beside: number;
}

export function rowsOf(groups: readonly Part[], open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (parts: readonly Part[], depth: number): void => {
    parts.forEach((part, i) => {
      rows.push({ part, depth, place: i + 1, beside: parts.length });
      if (open.has(part.key)) add(part.children, depth + 1);
    });
  };
  add(groups, 0);
  return rows;
}

/** Where an arrow leads from `key`: another row, and what opens or closes on the way; null where it leads nowhere. */
export function moved(rows: readonly Row[], key: string, arrow: string, open: ReadonlySet<string>) {
  const at = rows.findIndex((row) => row.part.key === key);
  const row = rows[at];
  if (!row) return null;
  const hasMore = row.part.children.length > 0;
  const isOpen = open.has(key);
  if (arrow === "ArrowRight") return hasMore && !isOpen ? { turn: key } : hasMore ? to(rows[at + 1]) : null;
  if (arrow === "ArrowLeft") return hasMore && isOpen ? { turn: key } : to(around(rows, at));
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  const next = steps[arrow];
  return next === undefined ? null : to(rows[next]);
}

const to = (row: Row | undefined) => (row ? { select: row.part.key } : null);

/** The row that the one at `at` lies in. */
function around(rows: readonly Row[], at: number): Row | undefined {
  const depth = rows[at]?.depth ?? 0;
  for (let i = at - 1; i >= 0; i--) if ((rows[i]?.depth ?? 0) < depth) return rows[i];
  return undefined;
}
