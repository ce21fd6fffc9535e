/** In which step each one lies: by what the log names, and among steps of one name by time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { aroundBy } from "../../../voila_dashboards/web/trace/running.ts";
import { type Part, readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { randomOf, runOf } from "./generated.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, 0, second * 1000)).toISOString();
const node = (name: string, from: number, seconds: number, more: Record<string, unknown> = {}) => ({
  name,
  started_at: at(from),
  duration_ms: seconds * 1000,
  ...more,
});
const keysOf = (parts: readonly Part[]): unknown[] =>
  parts.map((part) => (part.children.length ? [part.key, keysOf(part.children)] : part.key));
const read = (trace: unknown) => readTrace(trace).groups;

test("an iteration lies in the agent that still ran, not in the inner one that had ended", () => {
  const nodes = [node("agent", 0, 5), node("agent", 1, 2, { parent: "agent" }), node("tools", 1.2, 0.5)];
  const react_iterations = [
    { node: "agent", started_at: at(0.5) },
    { node: "agent", started_at: at(4) },
  ];

  assert.deepEqual(keysOf(read({ nodes, react_iterations })), [["n1", ["i1", "n2", "i2"]], "n3"]);
});

test("of two that ran it lies in the inner one, unless it outlived that", () => {
  const nodes = [node("agent", 0, 9), node("agent", 1, 4, { parent: "agent" })];
  const react_iterations = [node("", 2, 1, { node: "agent" }), node("", 3, 5, { node: "agent" })];

  assert.deepEqual(keysOf(read({ nodes, react_iterations })), [["n1", [["n2", ["i1"]], "i2"]]]);
});

test("agents of one name, each called by the one before, lie in each other in whatever order they were logged", () => {
  const nodes = [
    node("agent", 2, 1, { parent: "agent" }),
    node("agent", 1, 3, { parent: "agent" }),
    node("agent", 0, 5, { parent: "agent" }),
  ];
  assert.deepEqual(keysOf(read({ nodes })), [["n3", [["n2", ["n1"]]]]]);
});

test("a step that names its own name lies in none of it that had ended, nor in one that had not begun", () => {
  const nodes = [0, 2, 4].map((from) => node("agent", from, 1, { parent: "agent" }));
  assert.deepEqual(keysOf(read({ nodes })), ["n1", "n2", "n3"]);
});

test("without times, those that name their own name lie in the one that does not", () => {
  const nodes = [{ name: "agent", parent: "agent" }, { name: "agent", parent: "agent" }, { name: "agent" }];
  assert.deepEqual(keysOf(read({ nodes })), [["n3", ["n1", "n2"]]]);
});

test("what the log names is believed where no time speaks for another: a late clock, a parent too short", () => {
  const nodes = [node("agent", 0, 1), node("late", 3, 1, { parent: "agent" })];
  const react_iterations = [node("", 2, 9, { node: "agent" })];
  assert.deepEqual(keysOf(read({ nodes, react_iterations })), [["n1", ["i1", "n2"]]]);
  const two = [node("agent", 0, 1), node("agent", 9, 1)];
  const near = [1.5, 8].map((from) => node("", from, 0.1, { node: "agent" }));
  assert.deepEqual(keysOf(read({ nodes: two, react_iterations: near })), [
    ["n1", ["i1"]],
    ["n2", ["i2"]],
  ]);
});

test("of nodes that are inside of each other, the one that began first is outside", () => {
  const nodes = [node("b", 1, 1, { parent: "a" }), node("a", 0, 5, { parent: "b" })];
  assert.deepEqual(keysOf(read({ nodes })), [["n2", ["n1"]]]);
});

test("an id that came twice is that of the node that ran", () => {
  const nodes = [
    node("try", 0, 1, { id: "7" }),
    node("try", 5, 2, { id: "7" }),
    node("ask", 0.5, 0.1, { parent_id: "7" }),
    node("ask", 6, 0.1, { parent_id: "7" }),
  ];
  assert.deepEqual(keysOf(read({ nodes })), [
    ["n1", ["n3"]],
    ["n2", ["n4"]],
  ]);
});

test("calls and iterations lie in the node they name by its id or its name, however long", () => {
  const long = "a".repeat(2000);
  const trace = {
    nodes: [{ name: long }, { name: "b", span_id: "s" }],
    react_iterations: [{ node: long }, { parent_span_id: "s" }],
    tool_calls: [{ name: "x", node: long }, { name: "y", parent_id: "s" }, { name: "z" }],
  };
  assert.deepEqual(keysOf(read(trace)), [
    ["n1", ["i1", "c1"]],
    ["n2", ["i2", "c2"]],
    ["g-calls", ["c3"]],
  ]);
});

test("a step without a start stands where what is in it began", () => {
  const nodes = [node("b", 5, 1), { name: "a", duration_ms: 100 }];
  assert.deepEqual(keysOf(read({ nodes, react_iterations: [node("", 1, 1, { node: "a" })] })), [["n2", ["i1"]], "n1"]);
});

type Sent = Record<string, unknown>;

/** The keys that the steps of a trace have, by their places in it. */
function places({ nodes, react_iterations, tool_calls }: Sent): string[] {
  const inner = (react_iterations as Sent[]).flatMap(({ tool_calls: calls }, i) =>
    ((calls ?? []) as Sent[]).map((_, j) => `i${i + 1}.c${j + 1}`),
  );
  const numbered = (letter: string, list: unknown) => (list as unknown[]).map((_, i) => `${letter}${i + 1}`);
  return [...numbered("n", nodes), ...numbered("i", react_iterations), ...numbered("c", tool_calls), ...inner].sort();
}

const ended = (part: Part): number => (part.start ?? Infinity) + (part.duration ?? Infinity);
const ranAt = (part: Part, moment: number): boolean => (part.start ?? Infinity) <= moment && ended(part) >= moment;

test("each step is there once, and in no one that had ended while another that it may mean still ran", () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const trace = runOf(randomOf(seed));
    const steps = inSequence(read(trace)).filter((part) => part.kind !== "group");
    assert.deepEqual(steps.map((part) => part.key).sort(), places(trace), `seed ${seed}`);
    const nodes = steps.filter((part) => part.kind === "node");
    for (const outer of nodes)
      for (const inner of inSequence(outer.children).filter((part) => part.kind !== "group")) {
        if (!outer.children.includes(inner) || inner.start === null || ended(outer) + 1 >= inner.start) continue;
        const isById = inner.raw.parent_id !== undefined && outer.raw.id === inner.raw.parent_id;
        const meant = nodes.filter((part) => (isById ? part.raw.id === outer.raw.id : part.name === outer.name));
        assert.ok(isById || [inner.raw.parent, inner.raw.node].includes(outer.name), `seed ${seed}: ${inner.key}`);
        assert.ok(!meant.includes(inner), `seed ${seed}: ${inner.key} lies in another run of itself that had ended`);
        const running = meant.filter((part) => ranAt(part, inner.start as number));
        assert.deepEqual(running, [], `seed ${seed}: ${inner.key} in ${outer.key}`);
      }
  }
});

test("the one around is found among many as by a look at each", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = randomOf(seed);
    const spans = Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
      node("a", Math.floor(random() * 20), Math.floor(random() * 12)),
    );
    const parts = read({ nodes: spans }).flatMap((part) => (part.kind === "group" ? part.children : [part]));
    const around = aroundBy(
      parts,
      ({ name }) => name,
      () => "",
    );
    const moment = Math.floor(random() * 25);
    const [inner] = read({ nodes: [node("inner", moment, Math.floor(random() * 4))] }) as [Part];
    const begun = parts.filter((part) => (part.start ?? 0) <= (inner.start ?? 0));
    const whole = begun.filter((part) => ended(part) >= ended(inner));
    const ran = whole.length ? whole : begun.filter((part) => ranAt(part, inner.start ?? 0));
    const found = around("a", inner) as Part;
    if (!ran.length) continue;
    assert.ok(ran.includes(found), `seed ${seed}`);
    const latest = Math.max(...ran.map((part) => part.start ?? 0));
    const shortest = Math.min(...ran.filter((part) => part.start === latest).map((part) => part.duration ?? 0));
    assert.deepEqual([found.start, found.duration], [latest, shortest], `seed ${seed}`);
  }
});

test("20,000 runs of one node within each other are looked through for 20,000 iterations at their end", () => {
  const nodes = Array.from({ length: 20_000 }, (_, i) => node("agent", i / 1000, 60 - i / 500));
  const react_iterations = nodes.map(() => ({ node: "agent", started_at: at(59.9) }));

  const groups = read({ nodes, react_iterations });

  assert.equal(inSequence(groups).filter((part) => part.kind === "iteration").length, 20_000);
});
