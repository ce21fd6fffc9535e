import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns, runOf } from "../../../voila_dashboards/pages/compare/compared.ts";
import { figuresOf } from "../../../voila_dashboards/pages/compare/figures.ts";
import { compareSteps, titleOf } from "../../../voila_dashboards/pages/compare/steps.ts";
import { compareTurns } from "../../../voila_dashboards/pages/compare/turns.ts";
import type { ComparedLog } from "../../../voila_dashboards/web/generated/contract.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

// ---------------------------------------------------------------- steps

const call = (name: string, more: object = {}) => ({ name, ...more });
const iteration = (number: number, ...calls: object[]) => ({ iteration: number, node: "agent", tool_calls: calls });
const stepsOf = (left: object, right: object) => compareSteps(readTrace(left).groups, readTrace(right).groups);
const told = ({ rows }: ReturnType<typeof stepsOf>) =>
  rows.map(({ kind, depth, left, right }) => `${"  ".repeat(depth)}${kind} ${titleOf((right ?? left) as never)}`);

test("steps are aligned by kind and name within what they lie in; an iteration by what it did", () => {
  const nodes = [{ name: "classify" }, { name: "agent" }, { name: "respond" }];
  const left = { nodes, react_iterations: [iteration(1, call("look")), iteration(2, call("pay"))] };
  const right = {
    nodes,
    react_iterations: [iteration(1, call("look")), iteration(2, call("ask")), iteration(3, call("pay"))],
  };

  const compared = stepsOf(left, right);

  assert.deepEqual(told(compared), [
    "same classify",
    "same agent",
    "  same Iteration 1: look",
    "    same look",
    "  added Iteration 2: ask",
    "    added ask",
    "  same Iteration 3: pay",
    "    same pay",
    "same respond",
  ]);
  assert.equal(compared.rows[compared.first]?.key, "i2");
});

test("a step that ended otherwise is where runs part; other contents only where nothing else is", () => {
  const run = (status: string, result: string) => ({
    tool_calls: [call("look", { result }), call("pay", { status, id: result, duration_ms: result.length })],
  });

  const parted = stepsOf(run("ok", "a"), run("error", "b"));
  const other = stepsOf(run("ok", "a"), run("ok", "b"));
  const same = stepsOf(run("ok", "a"), run("ok", "a"));

  assert.deepEqual(
    parted.rows.map(({ kind }) => kind),
    ["same", "content", "outcome"],
  );
  assert.equal(parted.first, 2);
  assert.equal(other.first, 1);
  assert.equal(same.first, -1);
});

test("repeats that the ticket shows as one row are steps of their own here", () => {
  const loop = (times: number) => ({
    nodes: [{ name: "a" }, ...Array.from({ length: times }, () => ({ name: "try" }))],
  });

  assert.deepEqual(told(stepsOf(loop(3), loop(5))), [
    "same a",
    ...Array(3).fill("same try"),
    ...Array(2).fill("added try"),
  ]);
});

test("50,000 steps are compared", () => {
  const run = (without: number) => ({
    nodes: Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i % 30}`, output: { i } })).filter(
      (_, i) => i !== without,
    ),
  });

  const { rows, first, isExact } = stepsOf(run(-1), run(40_000));

  assert.equal(isExact, true);
  assert.equal(rows[first]?.left?.key, "n40001");
  assert.equal(rows.filter(({ kind }) => kind !== "same").length, 1);
});

test("traces of any shape are compared", () => {
  const ugly = [{}, [1, 2], "text", 7, null, false, { nodes: [null, 5], messages: [null, "hi"], tool_calls: true }];
  for (const left of ugly)
    for (const right of ugly) {
      const [a, b] = [left, right].map((each) => runOf({ trace: JSON.stringify(each) }));
      if (a && b) assert.ok(compareRuns(a, b).steps.rows);
    }
  assert.equal(runOf({ trace: "{" }), null);
  assert.equal(runOf({ trace: null }), null);
});

// ---------------------------------------------------------------- what was said, times, figures

test("turns that are the same stand for each other, and between them those of one speaker", () => {
  const messages = (...said: [string, string][]) =>
    readTrace({ messages: said.map(([role, content]) => ({ role, content })) });
  const left = messages(["user", "Hi"], ["assistant", "Yes?"], ["user", "Where?"], ["assistant", "Here."]);
  const right = messages(["user", "Hi"], ["assistant", "Hello?"], ["assistant", "Here."]);

  const { turns } = compareRuns(left, right);

  assert.deepEqual(
    turns.map((turn) => [turn.isSame, turn.left?.text ?? null, turn.right?.text ?? null]),
    [
      [true, "Hi", "Hi"],
      [false, "Yes?", "Hello?"],
      [false, "Where?", null],
      [true, "Here.", "Here."],
    ],
  );
});

test("times of a name are added up, of what somebody measured", () => {
  const left = readTrace({ nodes: [{ name: "a", duration_ms: 5 }, { name: "a", duration_ms: 7 }, { name: "b" }] });
  const right = readTrace({
    nodes: [
      { name: "a", duration_ms: 20 },
      { name: "c", duration_ms: 1 },
    ],
  });

  assert.deepEqual(compareRuns(left, right).nodes, [
    { name: "a", left: { count: 2, ms: 12 }, right: { count: 1, ms: 20 } },
    { name: "b", left: { count: 1, ms: null }, right: { count: 0, ms: null } },
    { name: "c", left: { count: 0, ms: null }, right: { count: 1, ms: 1 } },
  ]);
});

const LOG = { status: "SUCCESS", metrics: null, execution_time_seconds: null } as unknown as ComparedLog;

test("figures differ with a sign, shares in points, own metrics by their names", () => {
  const left = {
    ...LOG,
    execution_time_seconds: 2,
    overall_confidence: 0.5,
    metrics: '{"cost_usd": 0.5, "tone": "calm", "score": 1}',
  };
  const right = {
    ...LOG,
    execution_time_seconds: 3,
    overall_confidence: 0.25,
    metrics: '{"cost_usd": 0.25, "tone": "curt", "new": true}',
  };

  const rows = figuresOf(left, right).map((row) => [
    row.name,
    row.left,
    row.right,
    row.difference,
    row.change?.text ?? "",
    row.isSame,
  ]);

  assert.deepEqual(rows, [
    ["Status", "SUCCESS", "SUCCESS", "", "", true],
    ["Execution time", "2 s", "3 s", "+1 s", "▲ 50.0 %", false],
    ["Cost", "$0.50", "$0.25", "−$0.25", "▼ 50.0 %", false],
    ["Confidence", "50 %", "25 %", "", "▼ 25.0 points", false],
    ["tone", "calm", "curt", "", "", false],
    ["score", "1", "–", "", "", false],
    ["new", "–", "true", "", "", false],
  ]);
});

test("numbers that only look the same in JavaScript differ", () => {
  const log = (id: string) => ({ ...LOG, metrics: `{"account": ${id}}` });

  const [, row] = figuresOf(log("107505301260286111"), log("107505301260286112"));

  assert.deepEqual([row?.left, row?.right, row?.isSame], ["107505301260286111", "107505301260286112", false]);
});

test("turns differ by what a call carries, how it ended, what nobody knows, and which picture was shown", () => {
  const picture = (data: string) => ({ type: "image", source: { media_type: "image/png", data } });
  const said = (more: object, data = "AAAA") => ({
    messages: [
      { role: "user", content: [picture(data)] },
      { role: "assistant", tool_calls: [{ id: "1", name: "pay", arguments: { n: 1 }, ...more }] },
    ],
  });
  const different = (left: object, right: object) =>
    compareTurns(readTrace(left), readTrace(right)).filter(({ isSame }) => !isSame).length;

  assert.equal(different(said({ result: "paid" }), said({ result: "paid" })), 0);
  assert.equal(different(said({ result: "paid" }), said({ result: "declined" })), 1);
  assert.equal(different(said({ status: "ok" }), said({ status: "error" })), 1);
  assert.equal(different(said({ risk: 1 }), said({ risk: 2 })), 1);
  assert.equal(different(said({}), said({}, "BBBB")), 1);
});
