/** A long Markdown text in pieces of few elements; long lists and tables are several. */

import type { Token, Tokens } from "marked";

/** About so many elements are in one piece. */
const PIECE = 120;
/** What cannot be taken apart and has more elements than this is shown as it was written. */
const MOST = 400;

export const isHeavy = (token: Token): boolean => weightOf(token) > MOST;

export function piecesOf(tokens: readonly Token[]): Token[][] {
  const pieces: Token[][] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const token of tokens.flatMap(apart)) {
    const own = weightOf(token);
    const last = pieces.at(-1);
    if (last && weight + own <= PIECE) last.push(token);
    else pieces.push([token]);
    weight = last && weight + own <= PIECE ? weight + own : own;
  }
  return pieces.length ? pieces : [[]];
}

/** Where a token has others. */
const INNER = ["tokens", "items", "header", "rows"];

/** About how many elements a token becomes. */
function weightOf(token: object): number {
  let weight = 1;
  for (const name of INNER) weight += weightsIn((token as Record<string, unknown>)[name]);
  return weight;
}

/** Rows of a table are lists of cells; a cell's `header` is no list. */
function weightsIn(inner: unknown): number {
  if (!Array.isArray(inner)) return 0;
  return inner.reduce((sum: number, each) => sum + (Array.isArray(each) ? 1 + weightsIn(each) : weightOf(each)), 0);
}

/** A long list as several, a long table as several with its head. */
function apart(token: Token): Token[] {
  if (weightOf(token) <= PIECE) return [token];
  if (token.type === "list") return listsOf(token as Tokens.List);
  return token.type === "table" ? tablesOf(token as Tokens.Table) : [token];
}

function listsOf(list: Tokens.List): Token[] {
  const first = Number(list.start) || 1;
  return list.items.map((item, i) => ({ ...list, raw: item.raw, items: [item], start: list.ordered ? first + i : "" }));
}

function tablesOf(table: Tokens.Table): Token[] {
  if (!table.rows.length) return [table];
  const rows = Math.max(1, Math.floor(PIECE / Math.max(1, table.header.length * 2)) - 1);
  const starts = Array.from({ length: Math.ceil(table.rows.length / rows) }, (_, i) => i * rows);
  return starts.map((start) => {
    const some = table.rows.slice(start, start + rows);
    return { ...table, rows: some, raw: [table.header, ...some].map(lineOf).join("\n") };
  });
}

const lineOf = (cells: readonly Tokens.TableCell[]): string => cells.map(({ text }) => text).join(" | ");
