import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns } from "../../../voila_dashboards/pages/compare/compared.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

type Message = Record<string, unknown>;

/** Whether each turn of two conversations is the same. */
const same = (left: Message[], right: Message[]): boolean[] =>
  compareRuns(readTrace({ messages: left }), readTrace({ messages: right })).turns.map(({ isSame }) => isSame);

const asking = (call: Message): Message[] => [
  { role: "user", content: "Refund?" },
  { role: "assistant", content: "Decision made", tool_calls: [{ id: "a", name: "refund", ...call }] },
  { role: "assistant", content: "done" },
];

test("turns differ where a call was given, gave back, or ended with something else", () => {
  const paid = asking({ arguments: { id: 7 }, result: "refunded 10 EUR", status: "ok" });

  for (const other of [
    { arguments: { id: 7 }, status: "error", error: "card declined" },
    { arguments: { id: 7 }, result: "refunded 10 EUR", status: "failed" },
    { arguments: { id: 8 }, result: "refunded 10 EUR", status: "ok" },
    { arguments: { id: 7 }, result: "refunded 99 EUR", status: "ok" },
  ])
    assert.deepEqual(same(paid, asking(other)), [true, false, true], JSON.stringify(other));
  assert.deepEqual(same(paid, paid), [true, true, true]);
});

test("turns differ where a result that was answered to its call differs, or only failed", () => {
  const answered = (back: Message): Message[] => [
    { role: "assistant", tool_calls: [{ id: "a", function: { name: "pay", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "a", content: "OK", ...back },
    { role: "assistant", content: "done" },
  ];

  assert.deepEqual(same(answered({}), answered({ content: "declined" })), [false, true]);
  assert.deepEqual(same(answered({}), answered({ is_error: true })), [false, true]);
  assert.deepEqual(same(answered({}), answered({ artifact: { row: 1 } })).at(-1), true);
  assert.ok(same(answered({}), answered({ artifact: { row: 1 } })).includes(false));
});

test("turns differ where somebody else speaks, or a field of their own says something else", () => {
  const said = (more: Message): Message[] => [{ role: "assistant", content: "Decision made", ...more }];

  assert.deepEqual(same(said({ name: "Billing" }), said({ name: "Fraud" })), [false]);
  assert.deepEqual(same(said({ decision: "made" }), said({ decision: "Decision" })), [false]);
  assert.deepEqual(same(said({ order_id: 7 }), said({ order_id: 8 })), [false]);
  assert.deepEqual(same(said({ refusal: "I cannot." }), said({})), [false]);
});

test("turns differ where a picture does, and each has its own", () => {
  const png = "iVBORw0KGgoAAAANSUhEUgAAASwAAAAoCAIAAADL"; // says that it is of 300 by 40 pixels
  const shown = (bytes: string): Message[] => {
    const url = `data:image/png;base64,${png}${bytes.repeat(30)}`;
    return [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
  };

  const [turn] = compareRuns(readTrace({ messages: shown("AAAA") }), readTrace({ messages: shown("BBBB") })).turns;

  assert.equal(turn?.isSame, false);
  assert.equal(turn?.left?.pictures.length, 1);
  assert.notDeepEqual(turn?.left?.pictures, turn?.right?.pictures);
  assert.doesNotMatch(JSON.stringify(turn?.left?.sent), /AAAAAAAA/);
  assert.deepEqual(same(shown("AAAA"), shown("AAAA")), [true]);
});

test("ids, times and counts of tokens make no other turn, nor how arguments are spaced", () => {
  const run = (id: string, at: string, given: string): Message[] => [
    {
      role: "assistant",
      id: `m-${id}`,
      created_at: at,
      usage: { input_tokens: at.length },
      response_metadata: { id, token_usage: { total: 1 } },
      tool_calls: [{ id, type: "function", function: { name: "pay", arguments: given } }],
    },
    { role: "tool", tool_call_id: id, content: "OK", timestamp: at },
  ];

  const other = run("b", "2026-11-26T10:00:00.5Z", '{ "m": 2,\n"n": 1 }');

  assert.ok(same(run("a", "2026-11-25T10:00:00Z", '{"m":2,"n":1}'), other).every(Boolean));
});
