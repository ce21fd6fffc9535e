/** Traces of any shape: made by a generator from seeds, and by hand where a shape is known to have broken something. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { debugOf } from "../../../voila_dashboards/pages/ticket/debug.ts";
import { hitsOf, placesOf } from "../../../voila_dashboards/pages/ticket/find.ts";
import { measured } from "../../../voila_dashboards/pages/ticket/measured.ts";
import { reportOf } from "../../../voila_dashboards/pages/ticket/report.ts";
import { moved, rowsOf } from "../../../voila_dashboards/pages/ticket/rows.ts";
import { idleGaps, scaleOf } from "../../../voila_dashboards/pages/ticket/scale.ts";
import { testCase } from "../../../voila_dashboards/pages/ticket/test-case.ts";
import type { Call } from "../../../voila_dashboards/web/trace/blocks.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { blocksOf } from "../../../voila_dashboards/web/trace/reading.ts";
import { turnsIn } from "../../../voila_dashboards/web/trace/told.ts";
import { type Run, readTrace, time } from "../../../voila_dashboards/web/trace/trace.ts";
import { BROKEN, parseJson } from "../../../voila_dashboards/web/values/exact.ts";
import { type Random, randomOf } from "./generated.ts";
import { LOG } from "./ticket-log.ts";

const ODD = [
  "",
  " ",
  "`````",
  "a\nb",
  "\u202e",
  "\ud800",
  "__proto__",
  "</script>",
  "constructor",
  "0",
  "1e999",
  "null",
];
const NUMBERS = [0, -1, -0, 5, 1e308, -1e308, 2 ** 53, 0.1, 1.7e9, 1.7e12, 1.7e15, 1.7e18, 253_402_300_799_999, 9e15];
const TIMES = ["2026-11-23T12:00:00Z", "2026-11-23T12:00:01", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon"];
const FIELDS = [
  "name",
  "parent",
  "id",
  "parent_id",
  "node",
  "started_at",
  "duration_ms",
  "status",
  "error",
  "type",
  "role",
];
const MORE = [
  "content",
  "tool_calls",
  "arguments",
  "result",
  "thought",
  "input",
  "output",
  "iteration",
  "text",
  "message",
];
const NAMES = ["a", "b", "c"];

function anything(random: Random, depth: number): unknown {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const kind = random() * (depth > 0 ? 9 : 6);
  if (kind < 1) return pick([null, true, false]);
  if (kind < 2) return pick(NUMBERS);
  if (kind < 3) return pick(TIMES);
  if (kind < 4) return pick(ODD);
  if (kind < 6) return pick(NAMES);
  const size = Math.floor(random() * 5);
  if (kind < 7) return Array.from({ length: size }, () => anything(random, depth - 1));
  const names = Array.from({ length: size + 2 }, () => pick([...FIELDS, ...MORE]));
  return Object.fromEntries(names.map((name) => [name, anything(random, depth - 1)]));
}

const PARTS = ["nodes", "react_iterations", "tool_calls", "errors", "messages", "final_response", "own"];
const traceOf = (random: Random): unknown =>
  random() < 0.05
    ? anything(random, 3)
    : Object.fromEntries(
        PARTS.map((part) => [
          part,
          random() < 0.7
            ? Array.from({ length: Math.floor(random() * 8) }, () => anything(random, 3))
            : anything(random, 2),
        ]),
      );

const told = (run: Run) => {
  const turns = turnsIn(run);
  return { log: LOG, run, debug: debugOf(run, true, turns), turns };
};

/** What must hold of a page, whatever was sent. */
function holds(trace: unknown): void {
  const run = readTrace(trace);
  const all = told(run);
  const { groups, layout, tree, figures, first } = measured(all.debug);
  const steps = inSequence(groups);
  assert.equal(tree.byKey.size, steps.length, "every step has a key of its own");
  assert.equal(first === undefined, steps.length === 0);
  for (const part of steps) {
    const { from, to } = layout.places.get(part) ?? { from: Number.NaN, to: Number.NaN };
    assert.ok(
      Number.isFinite(from) && Number.isFinite(to) && to >= from,
      `${part.key} lies somewhere: ${from} to ${to}`,
    );
    const { own, share } = figures.get(part) ?? { own: -1, share: -1 };
    assert.ok(own === null || (own >= 0 && Number.isFinite(own)));
    assert.ok(share === null || (share >= 0 && share <= 1));
  }
  const { at } = scaleOf({ from: 0, to: layout.total }, idleGaps(groups, layout));
  for (const part of steps) assert.ok(Number.isFinite(at(layout.places.get(part)?.from ?? Number.NaN)));
  const open = new Set(tree.byKey.keys());
  const rows = rowsOf(groups, open);
  assert.equal(rows.length, steps.length, "everything that is open is a row");
  for (const row of rows.slice(1, 100)) assert.ok(moved(rows, row.part.key, "ArrowUp", open));
  toldOnce(all);
  assert.ok(reportOf(all).startsWith("# Ticket"));
  assert.ok(testCase(all).includes("RECORDED = {"));
  assert.ok(hitsOf(placesOf(all.turns, groups), ["a"]).hits.length <= steps.length + all.turns.length);
}

/** Each call that failed is a failure to go to: of its step where one tells of it, else of its turn. */
function toldOnce({ turns, debug: { failures, tree } }: ReturnType<typeof told>): void {
  const places = failures.flatMap(({ place }) => place ?? []);
  for (const place of places) assert.ok(turns[place]?.blocks.some((block) => "failed" in block && block.failed));
  turns.forEach(({ blocks }, place) => {
    const here = blocks.filter((block) => block.kind === "call" && block.failed);
    const ofSteps = here.filter((block) => tree.byKey.get((block as Call).key ?? "")?.failed);
    const others = blocks.filter((block) => block.kind === "result" && block.failed).length;
    assert.ok(places.filter((each) => each === place).length <= here.length - ofSteps.length + others);
  });
  if (!tree.byKey.size) {
    const said = turns.flatMap(({ blocks }) => blocks.filter((block) => "failed" in block && block.failed));
    assert.equal(places.length, said.length);
  }
}

test("whatever a trace holds, every step lies somewhere once, and all that is made of it is made", () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const trace = traceOf(randomOf(seed));
    try {
      holds(parseJson(JSON.stringify(trace), BROKEN));
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(trace)}`, { cause: error });
    }
  }
});

test("what is made of generated traces is the same each time, whatever order its equal times were in", () => {
  for (let seed = 1; seed <= 50; seed++)
    assert.deepEqual(readTrace(traceOf(randomOf(seed))), readTrace(traceOf(randomOf(seed))));
});

function nested(depth: number, around: (inner: unknown) => unknown): unknown {
  let value: unknown = "x";
  for (let i = 0; i < depth; i++) value = around(value);
  return value;
}

test("values that are nested deeper than a stack are shown, as far as they can be", () => {
  const deep = nested(4000, (inner) => [{ type: "message", content: inner }]);
  const results = nested(4000, (inner) => [{ type: "tool_result", content: inner }]);
  const plain = nested(4000, (inner) => ({ a: [inner] }));

  assert.equal(blocksOf(deep).length, 1);
  holds({
    messages: [
      { role: "user", content: deep },
      { role: "tool", content: results },
      { role: "assistant", content: plain },
    ],
    react_iterations: [{ thought: plain, tool_calls: [{ name: "x", arguments: plain, result: plain, error: plain }] }],
    final_response: deep,
  });
});

test("parents that are not there, that lie in themselves or in each other hide no step", () => {
  const names = [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
    ["d", "d"],
    ["e", "nobody"],
  ] as const;
  const { groups } = readTrace({ nodes: names.map(([name, parent]) => ({ name, parent })) });

  assert.deepEqual(
    inSequence(groups)
      .map((part) => part.name)
      .sort(),
    ["a", "b", "c", "d", "e"],
  );
});

test("more steps than a call takes arguments are read, and their turns in one pass", () => {
  holds({ tool_calls: Array.from({ length: 130_000 }, () => ({ name: "a", id: "x" })) });
  const messages = Array.from({ length: 15_000 }, (_, i) => ({ role: "tool", content: `result ${i}` }));
  const calls = messages.map((_, i) => ({ name: "a", result: `another ${i}` }));

  const run = readTrace({ messages, tool_calls: calls });
  const { turns } = told(run);

  assert.equal(turns.length, messages.length);
});

test("a chain of fifty thousand steps, each in the one before, is a list of as many rows", () => {
  holds({ nodes: Array.from({ length: 50_000 }, (_, i) => ({ id: i + 1, parent_id: i, name: `n${i}` })) });
});

test("times are moments whatever they count in", () => {
  const moment = 1_748_112_721_985;

  for (const value of [moment, moment * 1e3, moment / 1e3, "1748112721985679000", "1748112721985679"])
    assert.equal(Math.floor(time(value) ?? 0), moment);
  for (const value of [-5, 0, Number.NaN, 1e300, 7, "", "7", "x".repeat(1e6), `2025-05-24${" ".repeat(1e5)}`, {}])
    assert.equal(time(value), null);
});

test("a result of any tool of a maker goes to its call", () => {
  const content = [
    { type: "server_tool_use", id: "a", name: "web_fetch", input: {} },
    { type: "web_fetch_tool_result", tool_use_id: "a", content: [{ type: "text", text: "page" }] },
  ];
  const [turn] = turnsOf([{ role: "assistant", content }]);

  assert.equal(turn?.blocks.length, 1);
  assert.equal(turn?.blocks[0]?.kind === "call" && turn.blocks[0].result?.blocks.length, 1);
});
