import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOf } from "../../../voila_dashboards/pages/ticket/figures.ts";
import { failuresOf, firstToSee } from "../../../voila_dashboards/pages/ticket/first.ts";
import { layOut } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { ancestorsOf, openAtFirst } from "../../../voila_dashboards/pages/ticket/opened.ts";
import { moved, rowsOf } from "../../../voila_dashboards/pages/ticket/rows.ts";
import { treeOf } from "../../../voila_dashboards/pages/ticket/tree.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { type Part, readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

const at = (second: number) => `2026-11-23T12:00:${String(second).padStart(2, "0")}Z`;
const shape = (parts: readonly Part[]): unknown[] =>
  parts.map((part) => (part.children.length ? [part.name, shape(part.children)] : part.name));
const read = (trace: unknown) => readTrace(trace).groups;
function firstOf(trace: unknown, hasRunFailed = false): string | undefined {
  const groups = read(trace);
  return firstToSee(groups, failuresOf(groups), hasRunFailed)?.name;
}

test("nodes lie in the parent they name, by the time they began", () => {
  const nodes = [
    { name: "send", parent: "resolve", started_at: at(5) },
    { name: "late", started_at: at(9) },
    { name: "look", parent: "resolve", started_at: at(2) },
    { name: "resolve", started_at: at(1) },
    { name: "stranger", parent: "nobody", started_at: at(0) },
  ];
  assert.deepEqual(shape(read({ nodes })), ["stranger", ["resolve", ["look", "send"]], "late"]);
});

test("an id of a parent says more than its name", () => {
  const nodes = [
    { name: "x", attributes: { id: "1" } },
    { name: "x", attributes: { id: "2" } },
    { name: "y", attributes: { id: "3", parent: "2" } },
    { name: "z", span_id: "4", parent_span_id: "3", parent: "x" },
    { name: "w", attributes: { id: "5", parent: "9" } },
  ];
  assert.deepEqual(shape(read({ nodes })), ["x", ["x", [["y", ["z"]]]], "w"]);
});

test("of a parent that ran twice it is the run that had begun by then", () => {
  const nodes = [
    { name: "try", started_at: at(0) },
    { name: "try", started_at: at(10) },
    { name: "call", parent: "try", started_at: at(11) },
    { name: "ask", parent: "try", started_at: at(1) },
  ];
  assert.deepEqual(shape(read({ nodes })), [
    ["try", ["ask"]],
    ["try", ["call"]],
  ]);
});

test("nodes that are inside of themselves are all there, once", () => {
  for (const nodes of [
    [{ name: "a", parent: "a" }],
    [
      { name: "a", parent: "b" },
      { name: "b", parent: "a" },
    ],
    [
      { name: "a", parent: "c" },
      { name: "b", parent: "a" },
      { name: "c", parent: "b" },
      { name: "d", parent: "c" },
    ],
  ])
    assert.equal(inSequence(read({ nodes })).length, nodes.length);
});

test("a chain of 50,000 nodes, each inside of the one before, is no deeper than a stack", () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i}`, parent: `n${i - 1}`, duration_ms: 1 }));
  const groups = read({ nodes });
  const layout = layOut(groups);
  assert.equal(inSequence(groups).length, 50_000);
  assert.equal(figuresOf(groups, layout).size, 50_000);
  assert.equal(rowsOf(groups, new Set(treeOf(groups).byKey.keys())).length, 50_000);
});

test("20,000 iterations in as many runs of one node are read in the time of one look each", () => {
  const times = Array.from({ length: 20_000 }, (_, i) => 1.7e9 + i);
  const nodes = times.map((time) => ({ name: "agent", started_at: time }));
  const react_iterations = times.map((time) => ({ node: "agent", started_at: time + 0.5 }));
  const groups = read({ nodes, react_iterations });
  assert.equal(groups.length, 20_000);
  assert.ok(groups.every((group) => group.children.length === 1));
});

test("what has no time stays behind what was sent before it", () => {
  const nodes = [{ name: "b", started_at: at(5) }, { name: "after b" }, { name: "a", started_at: at(1) }];
  assert.deepEqual(shape(read({ nodes })), ["a", "b", "after b"]);
});

test("repeats in a row are one row that opens, others stay", () => {
  const poll = { name: "poll" };
  const [first, group, last] = read({ nodes: [{ name: "a" }, poll, poll, poll, poll, { name: "z" }] });
  assert.deepEqual(
    [first?.name, group?.kind, group?.name, group?.children.length, last?.name],
    ["a", "group", "poll", 4, "z"],
  );
  assert.equal(group?.note, "4 times in a row");
  assert.equal(read({ nodes: [{ name: "a" }, poll, poll, poll] }).length, 4);
});

test("keys name the place in the log, whatever the order on the page", () => {
  const groups = read({
    nodes: [
      { name: "b", started_at: at(5) },
      { name: "a", started_at: at(1) },
    ],
    react_iterations: [{ node: "a", tool_calls: [{ name: "x" }, { name: "y" }] }],
    tool_calls: [{ name: "z" }],
  });
  const { byKey } = treeOf(groups);
  assert.deepEqual(
    ["n1", "n2", "i1", "i1.c1", "i1.c2", "c1"].map((key) => byKey.get(key)?.name),
    ["b", "a", "Iteration 1", "x", "y", "z"],
  );
});

test("own time takes away what ran inside, once where it ran at the same time", () => {
  const groups = read({
    nodes: [
      { name: "all", started_at: at(0), duration_ms: 10_000 },
      { name: "x", parent: "all", started_at: at(1), duration_ms: 4000 },
      { name: "y", parent: "all", started_at: at(3), duration_ms: 4000 },
      { name: "beyond", parent: "all", started_at: at(9), duration_ms: 9000 },
    ],
  });
  const figures = figuresOf(groups, layOut(groups)).get(groups[0] as Part);
  assert.equal(figures?.own, 3000);
  assert.equal(figures?.share, 10 / 18);
});

test("tokens and cost of a node are those of its iterations, unless it says its own", () => {
  const groups = read({
    nodes: [{ name: "a" }, { name: "b", cost_usd: 9 }],
    react_iterations: [
      { node: "a", input_tokens: 10, cost_usd: 0.5 },
      { node: "a", input_tokens: 5, output_tokens: 1 },
      { node: "b", cost_usd: 1 },
    ],
  });
  const all = figuresOf(groups, layOut(groups));
  const [a, b] = groups.map((group) => all.get(group));
  assert.deepEqual([a?.inputTokens, a?.outputTokens, a?.cost, b?.cost], [15, 1, 0.5, 9]);
});

test("a run that failed opens at its last failure, one that went well at its first", () => {
  const trace = {
    nodes: [{ name: "agent" }, { name: "ok" }],
    react_iterations: [
      { node: "agent", tool_calls: [{ name: "retried", status: "error" }] },
      { node: "agent", tool_calls: [{ name: "fatal", error: "x" }] },
      { node: "agent" },
    ],
  };
  assert.equal(firstOf(trace, true), "fatal");
  assert.equal(firstOf(trace, false), "retried");
  assert.deepEqual(
    failuresOf(read(trace)).map((part) => part.name),
    ["retried", "fatal"],
  );
});

test("without a failure it opens at the slowest where it matters, else at the first", () => {
  const node = (name: string, duration_ms: number) => ({ name, duration_ms });
  assert.equal(firstOf({ nodes: [node("a", 10), node("slow", 900), node("c", 20)] }), "slow");
  assert.equal(firstOf({ nodes: "abcdefghij".split("").map((name, i) => node(name, 100 + i)) }), "a");
  assert.equal(firstOf({ nodes: [{ name: "untimed" }, { name: "b" }] }), "untimed");
  assert.equal(firstOf({}), undefined);
});

test("rows are what is open, and arrows lead through them", () => {
  const groups = read({
    nodes: [{ name: "a" }, { name: "b" }],
    react_iterations: [{ node: "a", tool_calls: [{ name: "x" }] }],
  });
  const tree = treeOf(groups);
  const open = new Set(["n1"]);
  const rows = rowsOf(groups, open);
  assert.deepEqual(
    rows.map((row) => [row.part.key, row.depth, row.place, row.beside]),
    [
      ["n1", 0, 1, 2],
      ["i1", 1, 1, 1],
      ["n2", 0, 2, 2],
    ],
  );
  assert.deepEqual(moved(rows, "n1", "ArrowRight", open), { select: "i1" });
  assert.deepEqual(moved(rows, "i1", "ArrowRight", open), { turn: "i1" });
  assert.deepEqual(moved(rows, "i1", "ArrowLeft", open), { select: "n1" });
  assert.deepEqual(moved(rows, "n1", "ArrowLeft", open), { turn: "n1" });
  assert.deepEqual(moved(rows, "n1", "End", open), { select: "n2" });
  assert.equal(moved(rows, "n2", "ArrowDown", open), null);
  const call = tree.byKey.get("i1.c1") as Part;
  assert.deepEqual(
    ancestorsOf(call, tree).map((part) => part.key),
    ["n1", "i1"],
  );
  assert.deepEqual([...openAtFirst(groups, tree, call)].sort(), ["i1", "n1"]);
});
