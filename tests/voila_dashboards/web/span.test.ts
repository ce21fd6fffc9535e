/** Which part of a long list is drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { beginning, having, piecesOf, withEarlier, withLater } from "../../../voila_dashboards/web/parts/span.ts";

test("a span grows to three portions, then moves on and back", () => {
  let span = beginning(1000, 40);
  const seen = [span];
  for (let i = 0; i < 4; i++) {
    span = withLater(span, 1000, 40);
    seen.push(span);
  }
  seen.push(withEarlier(span, 40));

  assert.deepEqual(
    seen.map(({ from, to }) => [from, to]),
    [
      [0, 40],
      [0, 80],
      [0, 120],
      [40, 160],
      [80, 200],
      [40, 160],
    ],
  );
});

test("a place that is named is within the span, however far it is", () => {
  for (const at of [0, 39, 40, 41, 500, 998, 999]) {
    const { from, to } = having(beginning(1000, 40), at, 1000, 40);

    assert.ok(from <= at && at < to && to - from === 40, `${at}: ${from} to ${to}`);
  }
});

test("a list that became shorter is drawn to its end", () => {
  assert.deepEqual(having({ from: 0, to: 40 }, null, 7, 40), { from: 0, to: 7 });
  assert.deepEqual(having({ from: 80, to: 120 }, null, 7, 40), { from: 0, to: 7 });
  assert.deepEqual(having({ from: 0, to: 0 }, null, 0, 40), { from: 0, to: 0 });
});

test("pieces begin at the same places whatever the span is", () => {
  const some = piecesOf({ from: 5, to: 25 }, 10);

  assert.deepEqual(some, [
    { key: 0, from: 5, to: 10 },
    { key: 1, from: 10, to: 20 },
    { key: 2, from: 20, to: 25 },
  ]);
});
