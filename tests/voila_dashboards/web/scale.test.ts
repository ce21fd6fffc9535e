import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../../voila_dashboards/pages/ticket/axis.ts";
import { layOut } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { idleGaps, scaleOf } from "../../../voila_dashboards/pages/ticket/scale.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { randomOf } from "./generated.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();
const node = (name: string, from: number, seconds: number, parent?: string) => ({
  name,
  parent,
  started_at: at(from),
  duration_ms: seconds * 1000,
});
/** Work, a minute of waiting for somebody, and work again, all within one node. */
const { groups } = readTrace({ nodes: [node("all", 0, 100), node("a", 0, 20, "all"), node("b", 80, 20, "all")] });
const layout = layOut(groups);
/** About as wide as letters of a page's axis. */
const wide = (name: string) => name.length * 6;
const whole = { from: 0, to: layout.total };

test("times in which no step of its own ran are idle, whatever lies around them", () => {
  assert.deepEqual(idleGaps(groups, layout), [{ from: 20_000, to: 80_000 }]);
  const busy = readTrace({ nodes: [node("a", 0, 50), node("b", 50.5, 40)] }).groups;
  assert.deepEqual(idleGaps(busy, layOut(busy)), []);
  const untimed = readTrace({ nodes: [{ name: "a" }, { name: "b" }] }).groups;
  assert.deepEqual(idleGaps(untimed, layOut(untimed)), []);
});

test("the own time of an iteration is the model's, and not idle", () => {
  const trace = { react_iterations: [{ ...node("", 0, 100), tool_calls: [node("x", 90, 5)] }] };
  const read = readTrace(trace).groups;
  assert.deepEqual(idleGaps(read, layOut(read)), []);
});

test("an axis begins at 0 and ends at 1, with gaps folded too", () => {
  for (const gaps of [[], idleGaps(groups, layout)]) {
    const scale = scaleOf(whole, gaps);
    assert.equal(scale.at(0), 0);
    assert.ok(Math.abs(scale.at(layout.total) - 1) < 1e-9);
  }
  const folded = scaleOf(whole, idleGaps(groups, layout));
  assert.ok(Math.abs(folded.at(20_000) - 0.4926) < 1e-3);
  assert.ok(Math.abs(folded.at(80_000) - 0.5074) < 1e-3);
  assert.ok(folded.at(50_000) > folded.at(20_000) && folded.at(50_000) < folded.at(80_000));
});

test("zoomed in, what is out of sight lies beyond the ends, and named moments are those in sight", () => {
  const scale = scaleOf({ from: 80_000, to: 100_000 }, []);
  assert.deepEqual([scale.at(70_000), scale.at(80_000), scale.at(90_000), scale.at(100_000)], [-0.5, 0, 0.5, 1]);
  assert.deepEqual(
    axisOf(layout, scale, 300, wide).map(({ name }) => name),
    ["1 m 20 s", "1 m 30 s", "1 m 40 s"],
  );
});

test("as many moments are named as have room, none beyond the ends of the axis", () => {
  const named = (width: number) => axisOf(layout, scaleOf(whole, []), width, wide).map(({ name }) => name);
  assert.deepEqual(named(90), ["0 s", "1 m"]);
  assert.deepEqual(named(200), ["0 s", "30 s", "1 m", "1 m 30 s"]);
  assert.equal(named(840).length, 11);
  assert.deepEqual(named(4), ["0 s"]);
});

test("a folded gap has no names, and those beside it do not touch", () => {
  const names = axisOf(layout, scaleOf(whole, idleGaps(groups, layout)), 260, wide).map(({ name }) => name);
  assert.deepEqual(names, ["0 s", "15 s", "1 m 30 s"]);
});

test("a moment is named as exactly as it is seen", () => {
  const at = (from: number, to: number) => axisOf(layout, scaleOf({ from, to }, []), 240, wide).map(({ name }) => name);
  assert.deepEqual(at(60_000, 61_000), ["1 m", "1 m 0.5 s", "1 m 1 s"]);
  assert.deepEqual(at(1230, 1236), ["1.23 s", "1.232 s", "1.234 s", "1.236 s"]);
  assert.deepEqual(at(30 * 36e5, 60 * 36e5), ["30 h", "36 h", "42 h", "2 days", "54 h", "60 h"]);
});

test("whatever is seen on whatever width, names are in order, apart and within it", () => {
  const random = randomOf(14);
  for (let round = 0; round < 3000; round++) {
    const total = 10 ** (random() * 12 - 2);
    const from = random() < 0.5 ? 0 : random() * total;
    const seen = { from, to: from + (total - from) * Math.max(1e-9, random()) };
    const gap = { from: total * 0.2, to: total * (0.2 + random() * 0.7) };
    const width = 1 + random() * 1500;
    const isTimed = random() < 0.7;
    const names = axisOf({ ...layout, total, isTimed }, scaleOf(seen, random() < 0.5 ? [gap] : []), width, wide);
    names.forEach(({ name, left }, i) => {
      const before = names[i - 1];
      assert.ok(left >= 0 && (left + wide(name) <= width || (i === 0 && left === 0)), name);
      assert.ok(!before || left >= before.left + wide(before.name) + 8, `${before?.name} ${name}`);
    });
    assert.equal(new Set(names.map(({ name }) => name)).size, names.length);
  }
});
