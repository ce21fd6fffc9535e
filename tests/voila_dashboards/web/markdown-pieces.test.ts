/** Long Markdown in pieces. Tokens are as `marked` makes them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isHeavy, piecesOf } from "../../../voila_dashboards/web/values/markdown-pieces.ts";

type Tokens = Parameters<typeof piecesOf>[0];

const words = (text: string) => ({ type: "text", raw: text, text });
const paragraph = (text: string, marks = 1) => ({
  type: "paragraph",
  raw: `${text}\n\n`,
  text,
  tokens: Array.from({ length: marks }, () => ({ type: "strong", raw: text, text, tokens: [words(text)] })),
});
const cell = (text: string) => ({ text, tokens: [words(text)], header: false, align: null });
const tableOf = (rows: number, columns: number) => ({
  type: "table",
  raw: "all of it",
  align: [],
  header: Array.from({ length: columns }, (_, i) => cell(`head ${i}`)),
  rows: Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, () => cell(`row ${i}`))),
});
const listOf = (items: number, start: number) => ({
  type: "list",
  raw: "",
  ordered: true,
  start,
  loose: false,
  items: Array.from({ length: items }, (_, i) => ({ type: "list_item", raw: `${i}`, tokens: [words(`${i}`)] })),
});
const pieces = (...tokens: object[]) => piecesOf(tokens as unknown as Tokens);

test("a short text is one piece, an empty one too", () => {
  assert.equal(pieces(paragraph("a"), paragraph("b"), listOf(3, 1), tableOf(3, 2)).length, 1);
  assert.deepEqual(pieces(), [[]]);
});

test("a long text is several pieces of its paragraphs in their order", () => {
  const all = Array.from({ length: 300 }, (_, i) => paragraph(`${i}`));

  const made = pieces(...all);

  assert.ok(made.length > 5);
  assert.deepEqual(made.flat(), all);
});

test("a long list is several, numbered on", () => {
  const lists = pieces(listOf(200, 3)).flat() as unknown as { start: number; items: object[] }[];

  assert.equal(lists.length, 200);
  assert.equal(lists[199]?.start, 202);
});

test("a long table is several of the same head, and no row is lost", () => {
  const table = tableOf(500, 2);

  const tables = pieces(table).flat() as unknown as (typeof table)[];

  assert.ok(tables.length > 5);
  assert.deepEqual(
    tables.flatMap(({ rows }) => rows),
    table.rows,
  );
  assert.ok(tables.every(({ header }) => header === table.header));
  assert.ok(!pieces(table).flat().some(isHeavy));
});

test("what cannot be taken apart is too heavy to be drawn as such, and a table says its own rows then", () => {
  const [marks] = pieces(paragraph("a", 900));
  const wide = pieces(tableOf(2, 500)).flat();

  assert.ok(marks?.some(isHeavy));
  assert.equal(wide.length, 2);
  assert.ok(wide.every(isHeavy));
  assert.ok(wide[1]?.raw.includes("row 1") && !wide[1]?.raw.includes("row 0"));
});
