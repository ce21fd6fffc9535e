import assert from "node:assert/strict";
import { test } from "node:test";
import { debugOf } from "../../../voila_dashboards/pages/ticket/debug.ts";
import { maskedOf, stepAt } from "../../../voila_dashboards/pages/ticket/masked.ts";
import { ownFields } from "../../../voila_dashboards/pages/ticket/own-fields.ts";
import { code, fenced, reportOf, type Told } from "../../../voila_dashboards/pages/ticket/report.ts";
import { python, testCase } from "../../../voila_dashboards/pages/ticket/test-case.ts";
import type { Log } from "../../../voila_dashboards/web/generated/contract.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { parseJson } from "../../../voila_dashboards/web/values/exact.ts";

const LOG = {
  client_id: "acme",
  log_id: "L-1",
  ticket_id: 'T"""`1`',
  status: "FAILED",
  category: null,
  executed_at_ms: 0,
  execution_time_seconds: 2,
} as Log;

function told(trace: unknown): Told {
  const run = readTrace(trace);
  const debug = debugOf(run, true);
  return { log: LOG, run, debug, turns: turnsOf(run.messages) };
}

test("what was masked is told by rule, with the places of each", () => {
  const masked = {
    email: { count: 2, paths: ["category", "trace.messages[1].content"] },
    secret: { count: 3, paths: ["a", "b", "c"], rules: { token: 1, field: 2 }, at: { token: [1], field: [0, 2] } },
    odd: 7,
  };
  assert.deepEqual(maskedOf({ sdk: { masked } }), [
    { rule: "email", kind: "email", count: 2, paths: ["category", "trace.messages[1].content"] },
    { rule: "token", kind: "secret", count: 1, paths: ["b"] },
    { rule: "field", kind: "secret", count: 2, paths: ["a", "c"] },
  ]);
  for (const nothing of [null, 7, {}, { sdk: 1 }, { sdk: { masked: [] } }]) assert.deepEqual(maskedOf(nothing), []);
  assert.deepEqual(ownFields({ a: 1, sdk: { masked } }), { a: 1 });
  assert.deepEqual(ownFields({ sdk: { masked, lost: { a: 1 } } }), { sdk: { lost: { a: 1 } } });
});

test("a path leads to the step it lies in", () => {
  assert.equal(stepAt("trace.react_iterations[2].tool_calls[0].arguments.mail"), "i3.c1");
  assert.equal(stepAt("trace.react_iterations[2].thought"), "i3");
  assert.equal(stepAt("trace.tool_calls[4].result"), "c5");
  assert.equal(stepAt("trace.nodes[0].input"), "n1");
  assert.equal(stepAt("trace.messages[1].content"), null);
});

test("nothing of a log ends the fence or the ticks it stands in", () => {
  assert.equal(fenced("a\n```\n# not a head\n````"), "`````\na\n```\n# not a head\n````\n`````");
  assert.equal(code("a `b` c"), "`` a `b` c ``");
  assert.ok(fenced("x".repeat(30_000)).includes("… (10,000 more letters)"));
});

test("a report tells how it ended, what was said and done, and what went wrong", () => {
  const text = reportOf(
    told({
      messages: [
        { role: "user", content: "Money?" },
        { role: "assistant", tool_calls: [{ id: "1", function: { name: "pay", arguments: '{"n":1}' } }] },
        { role: "tool", tool_call_id: "1", content: "HTTP 503", is_error: true },
      ],
      nodes: [{ name: "agent", duration_ms: 1000 }],
      tool_calls: [{ name: "pay", error: "HTTP 503", duration_ms: 500 }],
      final_response: "Sorry.",
    }),
  );
  for (const part of [
    '# Ticket `` T"""`1` ``: `FAILED`',
    "`pay` in `Other tool calls` failed: `HTTP 503`",
    "### `user`",
  ])
    assert.ok(text.includes(part), part);
  assert.ok(text.includes("Result, failed:\n\n```\nHTTP 503\n```"));
  assert.ok(text.includes("  - `pay`, **failed**, 500 ms"));
  assert.ok(text.includes("- Executed at: 1970-01-01T00:00:00.000Z"));
  assert.ok(text.endsWith("```\nSorry.\n```\n\nTimes are UTC.\n"));
});

test("a report of 50,000 steps is bounded", () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i}` }));
  const text = reportOf(told({ nodes }));
  assert.ok(text.length < 100_000);
  assert.ok(text.includes("- … and 49,000 more steps"));
});

test("a report of a long conversation is bounded", () => {
  const messages = Array.from({ length: 400 }, () => ({ role: "user", content: "x".repeat(30_000) }));
  const text = reportOf(told({ messages }));
  assert.ok(text.length < 1_100_000);
  assert.match(text, /… and \d+ more turns/);
});

test("values are written as Python reads them, integers with every digit", () => {
  const value = parseJson('{"a":[true,null,107505301260286111,1.5],"b":"q\\"\\n\\u2028","c":{}}', null);
  assert.equal(
    python(value),
    `{
    "a": [
        True,
        None,
        107505301260286111,
        1.5,
    ],
    "b": "q\\"\\n\\u2028",
    "c": {},
}`,
  );
  assert.equal(python(Number.POSITIVE_INFINITY), "None");
});

test("a test case holds what was given, what tools gave back, and the last words", () => {
  const text = testCase(
    told({
      messages: [
        { role: "user", content: "Money?" },
        { role: "assistant", content: "Wait." },
      ],
      tool_calls: [{ name: "pay", arguments: { n: 1 }, result: "ok" }],
      final_response: "Done.",
    }),
  );
  assert.ok(text.startsWith('"""Ticket T_1_, log L-1, as a test case.'));
  assert.ok(text.includes('"inputs": [\n        {\n            "role": "user",\n            "content": "Money?",'));
  assert.ok(!text.includes("Wait."));
  assert.ok(text.includes('"final_response": "Done."'));
});
