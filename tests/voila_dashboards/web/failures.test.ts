/** Where a run failed, whether a step tells of it, a turn, or both. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../../../voila_dashboards/pages/ticket/failures.ts";
import { reportOf } from "../../../voila_dashboards/pages/ticket/report.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { told } from "./told.ts";

type Sent = Record<string, unknown>;

const pay = (id: string | null, n = 1): Sent => ({ name: "pay", arguments: { n }, ...(id ? { id } : {}) });
const calling = (...calls: Sent[]): Sent => ({ role: "assistant", content: "", tool_calls: calls });
const back = (content: unknown, more: Sent = {}): Sent => ({ role: "tool", name: "pay", content, ...more });
const bad = (id: string | null, content: unknown = "card declined"): Sent =>
  back(content, { status: "error", ...(id ? { tool_call_id: id } : {}) });

/** Failures as `name place: why`. */
const failuresIn = (trace: Sent): string[] => {
  const { run, debug } = told(trace);
  return debug.failures.map(
    ({ part, place }) => `${part.name} ${place ?? part.key}: ${reasonOf(part, run?.errors ?? [])}`,
  );
};
/** Steps that hold a call, as `key result`, with a mark where it failed. */
const stepsIn = (trace: Sent): string[] =>
  inSequence(told(trace).debug.groups).map(
    ({ key, raw, failed }) => `${key}${failed ? " failed" : ""} ${JSON.stringify(raw.result) ?? "-"}`,
  );

test("a call that failed is told of where only turns tell of it", () => {
  const trace = { messages: [{ role: "user", content: "Pay" }, calling(pay("a"), pay("b")), bad("b"), back("paid")] };

  assert.deepEqual(failuresIn(trace), ["pay 1: card declined"]);
  assert.ok(reportOf(told(trace)).includes("## What went wrong\n\n- `pay` in turn 2 failed: `card declined`"));
});

test("why a call failed is found in what came back, whoever's shape that is", () => {
  const why = (content: unknown): string | undefined =>
    failuresIn({ messages: [calling(pay("a")), bad("a", content)] })[0];

  for (const content of [
    "no money",
    { error: "no money" },
    { error: { code: 7, message: "no money" } },
    '{"ok": false, "error": {"message": "no money"}}',
    [{ type: "text", text: "no money" }],
    { content: [{ type: "text", text: "no money" }], isError: true },
  ])
    assert.equal(why(content), "pay 0: no money", JSON.stringify(content));
});

test("a call that a step and a turn tell of has failed once, and holds what either of them says", () => {
  const messages = [calling(pay("a")), bad("a")];
  const within = (call: Sent): Sent => ({ react_iterations: [{ tool_calls: [call] }], messages });

  for (const trace of [within(pay("a")), within({ ...pay("a"), status: "error" }), within(pay(null))]) {
    assert.deepEqual(failuresIn(trace), ["pay i1.c1: card declined"]);
    assert.deepEqual(stepsIn(trace), ["g1 failed -", "i1 failed -", 'i1.c1 failed "card declined"']);
  }
});

test("a call that a step tells of without its arguments is the turn's of that name", () => {
  const trace = { tool_calls: [{ name: "pay", error: "HTTP 503" }], messages: [calling(pay("a")), bad("a")] };

  assert.deepEqual(failuresIn(trace), ["pay c1: HTTP 503"]);
});

test("calls beside those of steps are told of too, and a step that says it went well keeps that", () => {
  const other = { ...pay("x"), name: "find", result: "found" };
  const beside = { react_iterations: [{ tool_calls: [other] }], messages: [calling(pay("a")), bad("a")] };
  const said = { tool_calls: [{ ...pay("a"), status: "ok" }], messages: [calling(pay("a")), bad("a")] };

  assert.deepEqual(failuresIn(beside), ["pay 0: card declined"]);
  assert.deepEqual(failuresIn(said), ["pay 0: card declined"]);
});

test("steps of which nothing says that they are the turns' calls take no result from them", () => {
  const twice = { tool_calls: [pay("a"), pay("b")], messages: [calling(pay("c")), bad("c")] };
  const otherwise = { tool_calls: [pay(null, 2)], messages: [calling(pay(null, 1)), bad(null)] };

  assert.deepEqual(stepsIn(twice), ["g-calls -", "c1 -", "c2 -"]);
  assert.deepEqual(stepsIn(otherwise), ["g-calls -", "c1 -"]);
});

test("of a run that failed the last failure comes first, of another the first, and steps before turns", () => {
  const messages = [
    calling(pay("a")),
    bad("a"),
    calling({ ...pay("b"), name: "ship" }),
    { ...bad("b", "no stock"), name: "ship" },
  ];

  assert.equal(told({ messages }).debug.trouble?.place, 1);
  assert.equal(told({ messages, nodes: [{ name: "plan", error: "late" }] }).debug.trouble?.part.name, "plan");
});
