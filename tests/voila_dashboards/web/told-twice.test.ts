/** Calls that an iteration tells and the trace's list too: each is drawn once, with all that either says of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { comparedOf, compareSteps } from "../../../voila_dashboards/pages/compare/steps.ts";
import { stepTexts } from "../../../voila_dashboards/pages/ticket/report-steps.ts";
import { stepOf, treeOf } from "../../../voila_dashboards/pages/ticket/tree.ts";
import { callsIn, turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { type Part, readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { type Random, randomOf } from "./generated.ts";
import { told } from "./told.ts";

type Sent = Record<string, unknown>;

const callsOf = (trace: object): Part[] =>
  inSequence(readTrace(trace).groups).filter(({ kind }) => kind === "tool call");

test("what only one of two tellings says is kept, and what they say otherwise stands beside it", () => {
  const inside = { id: "a", name: "pay", arguments: { n: 1 }, result: "paid", duration_ms: null };
  const listed = {
    id: "a",
    name: "pay",
    arguments: { n: 1 },
    result: "refused",
    duration_ms: 40,
    error: "late",
    why: 7,
  };
  const trace = { react_iterations: [{ tool_calls: [inside] }], tool_calls: [listed] };

  const [call, ...more] = callsOf(trace);

  assert.deepEqual(more, []);
  assert.equal(call?.key, "i1.c1");
  assert.equal(call?.duration, 40);
  assert.deepEqual(call?.rest, { why: 7, "otherwise in tool_calls": { result: "refused" } });
  assert.equal(call?.raw.result, "paid");
  assert.equal(call?.failed, true);
  assert.equal(readTrace(trace).iterations[0]?.failed, true, "the iteration failed with it");
});

test("a link to the other place of a call leads to the call", () => {
  const call = { id: "a", name: "pay" };
  const { groups } = readTrace({ react_iterations: [{ tool_calls: [call] }], tool_calls: [{ name: "look" }, call] });
  const tree = treeOf(groups);

  assert.equal(stepOf(tree, "c2"), stepOf(tree, "i1.c1"));
  assert.equal(stepOf(tree, "c1")?.name, "look");
  assert.equal(stepOf(tree, "c3"), undefined);
});

test("calls without an id, or of another name, are not one", () => {
  const trace = (inside: object, listed: object) => ({
    react_iterations: [{ tool_calls: [inside] }],
    tool_calls: [listed],
  });

  assert.equal(callsOf(trace({ name: "pay" }, { name: "pay" })).length, 2);
  assert.equal(callsOf(trace({ id: "", name: "pay" }, { id: "", name: "pay" })).length, 2);
  assert.equal(callsOf(trace({ id: "a", name: "pay" }, { id: "a", name: "look" })).length, 2);
  assert.equal(callsOf(trace({ id: "a" }, { id: "a", name: null })).length, 1);
});

test("a message that makes such a call leads to the one step that it is", () => {
  const call = { id: "a", name: "pay" };
  const trace = readTrace({ react_iterations: [{ tool_calls: [call] }], tool_calls: [{ ...call, result: "paid" }] });

  const turns = turnsOf(
    [{ role: "assistant", tool_calls: [{ id: "a", function: { name: "pay", arguments: "{}" } }] }],
    inSequence(trace.groups).filter(({ kind }) => kind === "tool call"),
  );

  assert.equal(callsIn(turns), 1);
  const [block] = turns[0]?.blocks ?? [];
  assert.ok(block?.kind === "call" && block.key === "i1.c1");
  assert.deepEqual(block.result?.blocks, [{ kind: "text", text: "paid" }]);
});

// ---------------------------------------------------------------- generated

const CONTENTS = ["arguments", "result", "error", "own", "__proto__"];

/** A trace whose iterations and whose list share some calls; every content is a word of its own. */
function traceOf(random: Random): { trace: object; inside: Sent[]; listed: Sent[]; words: string[] } {
  const below = (n: number): number => Math.floor(random() * n);
  let words = 0;
  const word = (): string => `word-${words++}-end`;
  const contents = (): [string, unknown][] =>
    CONTENTS.flatMap((name): [string, unknown][] => {
      const kind = random();
      if (kind < 0.4) return [];
      if (kind < 0.5) return [[name, null]];
      return [[name, kind < 0.8 ? word() : { within: word() }]];
    });
  const call = (): Sent =>
    Object.fromEntries([
      ...(random() < 0.9 ? [["id", ["a", "b", "c", ""][below(4)]]] : []),
      ...(random() < 0.9 ? [["name", ["pay", "look"][below(2)]]] : []),
      ...contents(),
    ]);
  const inside = Array.from({ length: below(6) }, call);
  const isOnlyOne = (each: Sent) => each.id && inside.filter((other) => keyOf(other) === keyOf(each)).length === 1;
  const again = inside
    .filter(() => random() < 0.5)
    .map((each) => (isOnlyOne(each) && random() < 0.5 ? { ...each } : withOther(each, contents())));
  const others = Array.from({ length: below(4) }, call).filter(
    (each) => !again.some((one) => keyOf(one) === keyOf(each)),
  );
  const listed = [...again, ...others].sort(() => random() - 0.5);
  const cut = below(inside.length + 1);
  const react_iterations = [inside.slice(0, cut), inside.slice(cut)].map((tool_calls) => ({
    node: "agent",
    tool_calls,
  }));
  const trace = { nodes: [{ name: "agent" }], react_iterations, tool_calls: listed };
  return { trace, inside, listed, words: [...new Set(JSON.stringify(trace).match(/word-\d+-end/g))] };
}

const keyOf = ({ id, name }: Sent): string => JSON.stringify([id, name]);

const withOther = ({ id, name }: Sent, contents: [string, unknown][]): Sent =>
  Object.fromEntries([["id", id], ["name", name], ...contents].filter(([, value]) => value !== undefined));

/** How many are told in both places. */
function twice(inside: readonly Sent[], listed: readonly Sent[]): number {
  const named = inside.filter(({ id }) => id);
  const left = listed.filter(({ id }) => id).map(keyOf);
  return named.filter((call) => {
    const at = left.indexOf(keyOf(call));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

test("of no generated call is anything lost, and none is drawn twice: in ticket, report and comparison", () => {
  let shared = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const { trace, inside, listed, words } = traceOf(randomOf(seed));
    const calls = callsOf(trace);
    const inBoth = twice(inside, listed);
    shared += inBoth;
    assert.equal(calls.length, inside.length + listed.length - inBoth, `seed ${seed}`);

    const { debug } = told(trace);
    const report = stepTexts(debug);
    const drawn = calls.map((call) => JSON.stringify(comparedOf(call)));
    for (const word of words) {
      assert.equal(drawn.filter((text) => text.includes(word)).length, 1, `${word} of seed ${seed}`);
      assert.equal(report.split(word).length, 2, `${word} in the report of seed ${seed}`);
    }
    const { rows } = compareSteps(readTrace(trace).groups, readTrace(trace).groups);
    assert.equal(rows.filter(({ right }) => right?.kind === "tool call").length, calls.length);
    assert.ok(rows.every(({ kind }) => kind === "same"));
  }
  assert.ok(shared > 100, `${shared} calls were told twice`);
});
