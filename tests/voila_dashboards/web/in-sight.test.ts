import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsInSight, scrolledTo } from "../../../voila_dashboards/web/parts/in-sight.ts";

test("rows exist around what is in sight, and only there", () => {
  assert.deepEqual(rowsInSight({ top: 0, height: 300 }, 20_000, 30), { from: 0, to: 22 });
  assert.deepEqual(rowsInSight({ top: 30_000, height: 300 }, 20_000, 30), { from: 988, to: 1022 });
  assert.deepEqual(rowsInSight({ top: 599_700, height: 300 }, 20_000, 30), { from: 19_978, to: 20_000 });
  assert.deepEqual(rowsInSight({ top: 9000, height: 300 }, 3, 30), { from: 0, to: 3 });
  assert.deepEqual(rowsInSight({ top: 0, height: 300 }, 0, 30), { from: 0, to: 0 });
});

test("a row is brought into sight by as little as it takes, one that is far into the middle", () => {
  const sight = { top: 300, height: 300 };
  assert.equal(scrolledTo(sight, 12, 30), 300);
  assert.equal(scrolledTo(sight, 9, 30), 270);
  assert.equal(scrolledTo(sight, 20, 30), 330);
  assert.equal(scrolledTo(sight, 1000, 30), 29_865);
  assert.equal(scrolledTo(sight, 0, 30), 0);
});
