import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../../voila_dashboards/pages/ticket/axis.ts";
import { guessesOf } from "../../../voila_dashboards/pages/ticket/guesses.ts";
import { layOut } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { fileName, rawText } from "../../../voila_dashboards/pages/ticket/raw-log.ts";
import { scaleOf } from "../../../voila_dashboards/pages/ticket/scale.ts";
import type { Log } from "../../../voila_dashboards/web/generated/contract.ts";
import { TRACE_FIELDS } from "../../../voila_dashboards/web/generated/contract.ts";
import { STEP_FIELDS } from "../../../voila_dashboards/web/trace/step-fields.ts";
import { parts, readTrace, time } from "../../../voila_dashboards/web/trace/trace.ts";
import { LOG } from "./ticket-log.ts";

const ONE: Log = { ...LOG, log_id: "L/1", ticket_id: "T 1", status: "SUCCESS" };
const at = (second: number) => `2026-11-23T12:00:${String(second).padStart(2, "0")}Z`;

test("a list of parts is read from whatever shape was sent", () => {
  assert.deepEqual(parts([1, { a: 1 }]), [{ value: 1 }, { a: 1 }]);
  assert.deepEqual(parts({ x: { a: 1 }, y: { a: 2 } }), [
    { name: "x", a: 1 },
    { name: "y", a: 2 },
  ]);
  assert.deepEqual(parts({ a: 1 }), [{ a: 1 }]);
  assert.deepEqual([parts("x"), parts(null), parts(7)], [null, null, null]);
});

test("a time without a zone is UTC, wherever the browser is", () => {
  for (const text of [
    "2026-11-23T12:00:00",
    "2026-11-23 12:00:00",
    "2026-11-23T12:00:00Z",
    "2026-11-23T13:00:00+01:00",
  ])
    assert.equal(time(text), Date.UTC(2026, 10, 23, 12));
  assert.deepEqual(
    [time(1_795_000_000), time(1_795_000_000_000), time(5), time("soon"), time({})],
    [1_795_000_000_000, 1_795_000_000_000, null, null, null],
  );
});

test("an iteration lies under the last run of its node that had begun by then", () => {
  const { groups } = readTrace({
    nodes: [
      { name: "agent", started_at: at(0) },
      { name: "agent", started_at: at(10) },
    ],
    react_iterations: [{ node: "agent", started_at: at(12) }, { node: "agent", started_at: at(1) }, { node: "gone" }],
  });
  assert.deepEqual(
    groups.map((group) => [group.name, group.children.length]),
    [
      ["agent", 1],
      ["agent", 1],
      ["gone", 1],
    ],
  );
  assert.equal(groups[2]?.note, "no such node in the trace");
});

test("what no section is for is kept, and so is what has not the shape of its name", () => {
  const run = readTrace({ nodes: "odd", more: { a: 1 }, empty: {}, final_response: "x" });
  assert.deepEqual(run.unknown, [
    ["nodes", "odd"],
    ["more", { a: 1 }],
  ]);
  assert.deepEqual(readTrace([1, 2]).unknown, [["trace", [1, 2]]]);
});

test("what failed is told by any of the words for it, and by an error", () => {
  const { groups } = readTrace({ nodes: [{ status: "ERROR" }, { error: "x" }, { error: false }, { status: "ok" }] });
  assert.deepEqual(
    groups.map((group) => group.failed),
    [true, true, false, false],
  );
});

test("known fields are no others, and an answer from a cache is one", () => {
  const sent = { iteration: 1, cached: true, own: 2, status: "error", error: "x" };
  const { iterations } = readTrace({ react_iterations: [sent] });
  assert.deepEqual(iterations[0]?.rest, { own: 2 }); // its status and its error stand above
});

test("parts lie where they were in time, and those without one behind what was before them", () => {
  const { groups } = readTrace({
    nodes: [
      { name: "a", started_at: at(0), duration_ms: 1000 },
      { name: "b", started_at: at(1), duration_ms: 4000 },
    ],
    react_iterations: [
      {
        node: "b",
        started_at: at(1),
        duration_ms: 2000,
        tool_calls: [{ started_at: at(2), duration_ms: 500 }, { duration_ms: 100 }],
      },
    ],
  });
  const layout = layOut(groups);
  const { places, total } = layout;
  const [a, b] = groups;
  const [first, second] = b?.children[0]?.children ?? [];
  assert.equal(total, 5000);
  assert.deepEqual(
    [a, b, first, second].map((part) => part && places.get(part)),
    [
      { from: 0, to: 1000, isGuessed: false },
      { from: 1000, to: 5000, isGuessed: false },
      { from: 2000, to: 2500, isGuessed: false },
      { from: 2500, to: 2600, isGuessed: true },
    ],
  );
  assert.equal(
    guessesOf(groups, layout),
    "1 step of 5 without a usable start time: drawn in order, after what came before.",
  );
});

test("one call outside of iterations takes as long as it says", () => {
  const { groups } = readTrace({
    nodes: [{ name: "n", started_at: at(0), duration_ms: 2900 }],
    tool_calls: [{ started_at: at(3), duration_ms: 7900 }],
  });
  const layout = layOut(groups);
  const place = layout.places.get(groups[1] ?? (groups[0] as never));
  assert.deepEqual(place, { from: 3000, to: 10_900, isGuessed: false, spans: [{ from: 3000, to: 10_900 }] });
});

test("one wrong clock does not flatten the rest", () => {
  const { groups } = readTrace({
    nodes: [
      { started_at: at(0), duration_ms: 10 },
      { started_at: "1999-01-01T00:00:00Z", duration_ms: 10 },
      { started_at: at(1), duration_ms: 10 },
    ],
  });
  assert.equal(layOut(groups).total, 1010);
});

test("steps without any time are drawn in their order", () => {
  const { groups } = readTrace({
    nodes: [{ name: "a" }, { name: "b" }],
    react_iterations: [{ node: "a" }, { node: "a" }, { node: "a" }],
  });
  const layout = layOut(groups);
  assert.equal(layout.isTimed, false);
  assert.equal(layout.total, 4);
  const scale = scaleOf({ from: 0, to: layout.total }, []);
  assert.deepEqual(
    axisOf(layout, scale, 400, (name) => name.length * 6).map(({ name }) => name),
    ["step 1", "step 2", "step 3", "step 4"],
  );
});

test("fifty thousand nodes are read and laid out without a stack overflow", () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i}`, duration_ms: 1 }));
  assert.equal(layOut(readTrace({ nodes }).groups).total, 50_000);
});

test("the raw log holds the sender's own text", () => {
  const text = rawText({
    log: { ...ONE, metrics: '{"id":107505301260286111}', extra: ' {"own": 1.10} ' },
    trace: '{"n": 9007199254740993}',
  });
  assert.equal(
    text,
    '{"client_id":"acme","log_id":"L/1","ticket_id":"T 1","status":"SUCCESS","schema_version":1,' +
      '"execution_time_seconds":1,' +
      '"react_iterations":0,"error_count":0,"tool_call_count":0,"executed_at":"1970-01-01T00:00:00.000Z",' +
      '"received_at":"1970-01-01T00:00:01.000Z","metrics":{"id":107505301260286111},"own": 1.10,' +
      '"trace":{"n": 9007199254740993}}',
  );
  assert.equal(fileName(ONE), "T_1-L_1");
  assert.equal(JSON.parse(rawText({ log: ONE, trace: "{broken" })).trace, "{broken");
});

/** Fields of the log's model that a page tells beside what a step holds: in its name, its figures and its place. */
const TOLD_BESIDE = {
  node: ["name", "parent", "started_at", "duration_ms", "status"],
  iteration: [
    "iteration",
    "node",
    "started_at",
    "duration_ms",
    "tool_calls",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "cached",
  ],
  "tool call": ["id", "name", "started_at", "duration_ms", "status"],
} as const;

test("every field of the log's model has one place in a step", () => {
  const told = (kind: keyof typeof TOLD_BESIDE) =>
    [...TOLD_BESIDE[kind], ...STEP_FIELDS[kind].map(([, field]) => field)].filter((field) => field !== "value").sort();

  assert.deepEqual(told("node"), [...TRACE_FIELDS.nodes].sort());
  assert.deepEqual(told("iteration"), [...TRACE_FIELDS.react_iterations, "error"].sort());
  assert.deepEqual(told("tool call"), [...TRACE_FIELDS.tool_calls].sort());
});
