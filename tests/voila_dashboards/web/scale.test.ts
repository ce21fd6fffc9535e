import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { idleGaps, scaleOf } from "../../../voila_dashboards/pages/ticket/scale.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

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
    const scale = scaleOf(layout, whole, gaps);
    assert.equal(scale.at(0), 0);
    assert.ok(Math.abs(scale.at(layout.total) - 1) < 1e-9);
  }
  const folded = scaleOf(layout, whole, idleGaps(groups, layout));
  assert.ok(Math.abs(folded.at(20_000) - 0.4926) < 1e-3);
  assert.ok(Math.abs(folded.at(80_000) - 0.5074) < 1e-3);
  assert.ok(folded.at(50_000) > folded.at(20_000) && folded.at(50_000) < folded.at(80_000));
});

test("zoomed in, what is out of sight lies beyond the ends, and named moments are those in sight", () => {
  const scale = scaleOf(layout, { from: 80_000, to: 100_000 }, []);
  assert.deepEqual([scale.at(70_000), scale.at(80_000), scale.at(90_000), scale.at(100_000)], [-0.5, 0, 0.5, 1]);
  assert.deepEqual(
    scale.ticks.map((tick) => tick.ms),
    [80_000, 85_000, 90_000, 95_000, 100_000],
  );
});

test("named moments do not stand in each other where a gap is folded", () => {
  const { ticks } = scaleOf(layout, whole, idleGaps(groups, layout));
  assert.ok(ticks.every((tick, i) => i === 0 || tick.at - (ticks[i - 1]?.at ?? 0) >= 0.09));
});
