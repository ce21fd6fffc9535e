import assert from "node:assert/strict";
import { test } from "node:test";
import { hitsOf, placesOf } from "../../../voila_dashboards/pages/ticket/find.ts";
import { maskedOf, stepAt } from "../../../voila_dashboards/pages/ticket/masked.ts";
import { ownFields } from "../../../voila_dashboards/pages/ticket/own-fields.ts";
import { reportOf } from "../../../voila_dashboards/pages/ticket/report.ts";
import { code, fenced } from "../../../voila_dashboards/pages/ticket/report-text.ts";
import { told } from "./told.ts";

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

test("a report of a run without messages holds what its steps were given, thought, did and gave back", () => {
  const text = reportOf(
    told({
      nodes: [{ name: "agent", input: { goal: "refund" }, output: "paid", attributes: { tier: 3 } }],
      react_iterations: [
        {
          node: "agent",
          thought: "Look it up",
          action: "find_order",
          observation: "found it",
          own_field: "kept",
          tool_calls: [
            { name: "find_order", arguments: { id: 7 }, result: { paid: true } },
            { name: "refund", arguments: { id: 7 }, error: "x".repeat(300) },
          ],
        },
      ],
      errors: [{ type: "Lost", message: "socket", stacktrace: "line 7" }],
      of_our_own: { city: "Oslo" },
    }),
  );
  for (const part of [
    '### `agent`\n\nInput:\n\n```json\n{\n  "goal": "refund"\n}\n```\n\nOutput:\n\n```\npaid\n```',
    '"tier": 3',
    "Thought:\n\n```\nLook it up\n```",
    "Action:\n\n```\nfind_order\n```",
    "Observation:\n\n```\nfound it\n```",
    '"own_field": "kept"',
    '### `find_order` in `Iteration 1`\n\nArguments:\n\n```json\n{\n  "id": 7\n}\n```',
    '"paid": true',
    "### `refund` in `Iteration 1`, **failed**",
    "x".repeat(300),
    "line 7",
    '### `of_our_own`\n\n```json\n{\n  "city": "Oslo"\n}\n```',
  ])
    assert.ok(text.includes(part), part);
});

test("a report says nothing of values that are not there, and leaves out the bytes of pictures", () => {
  const text = reportOf(
    told({
      messages: [{ role: "assistant", tool_calls: [{ name: "ask" }] }, { role: "user" }, {}],
      nodes: [{}, { name: undefined }],
      tool_calls: [{ name: "shot", result: { data: `iVBORw0KGgo${"A".repeat(500)}`, text: "seen" } }, {}],
      errors: [{}],
    }),
  );
  assert.doesNotMatch(text, /undefined|AAAA/);
  assert.ok(text.includes('"text": "seen"'));
  assert.ok(text.includes("(a picture, 511 letters of base64)"));
});

test("what steps hold is bounded, those that failed have room first, and it is said what is left out", () => {
  const tool_calls = Array.from({ length: 300 }, (_, i) => ({
    name: `call ${i}`,
    result: "y".repeat(15_000),
    ...(i === 299 ? { error: "the last one" } : {}),
  }));
  const text = reportOf(told({ tool_calls }));
  assert.ok(text.length < 1_200_000);
  assert.ok(text.includes("the last one\n```"));
  assert.match(text, /… and what 23\d more steps hold/);
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

const CALLS = {
  messages: [
    { role: "user", content: "Money?", channel: "mail" },
    {
      role: "assistant",
      name: "Billing",
      tool_calls: [
        { id: "1", name: "find", arguments: { n: 1 }, result: "paid in full" },
        { id: "2", name: "pay", arguments: {}, error: "card declined", status: "error", server_label: "bank" },
      ],
    },
    { role: "assistant", content: "Done.", decision: "approved" },
  ],
};

test("a report and a search have what calls carry, what nobody knows, and who spoke", () => {
  const all = told(CALLS);
  const text = reportOf(all);

  for (const part of [
    "paid in full",
    "card declined",
    "Result, failed:",
    "bank",
    '"decision": "approved"',
    "mail",
    "Billing",
  ])
    assert.ok(text.includes(part), part);
  const places = placesOf(all.turns, all.debug.groups);
  for (const word of ["paid", "declined", "bank", "approved", "mail", "billing"])
    assert.equal(hitsOf(places, [word]).hits.length, 1, word);
});
