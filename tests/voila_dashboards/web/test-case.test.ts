import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedCalls, recordedTurns } from "../../../voila_dashboards/pages/ticket/recorded.ts";
import { python, testCase } from "../../../voila_dashboards/pages/ticket/test-case.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { parseJson } from "../../../voila_dashboards/web/values/exact.ts";
import { told } from "./told.ts";

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

const USER = (content: string) => ({ role: "user", content });
const SYSTEM = { role: "system", content: "Be kind." };

test("a test case holds every turn of the user and the system in its place, with what was answered", () => {
  const asks = { role: "assistant", tool_calls: [{ id: "1", function: { name: "pay", arguments: '{"n":1}' } }] };
  const back = { role: "tool", tool_call_id: "1", content: "paid" };
  const carried = { role: "user", content: [{ type: "tool_result", tool_use_id: "2", content: "x" }] };
  const done = { role: "assistant", content: [{ type: "text", text: "Done." }] };
  const wait = { role: "assistant", content: "Wait." };
  const run = readTrace({
    messages: [SYSTEM, USER("Money?"), asks, back, wait, USER("And now?"), SYSTEM, done, carried, USER("Thanks")],
  });

  assert.deepEqual(recordedTurns(run, run.groups), [
    { inputs: [SYSTEM, USER("Money?")], answers: [asks, back, wait], response: "Wait." },
    { inputs: [USER("And now?"), SYSTEM], answers: [done, carried], response: "Done." },
    { inputs: [USER("Thanks")], answers: [], response: null },
  ]);
});

test("turns are told apart in the messages of other makers too", () => {
  const asked = { kind: "request", parts: [{ part_kind: "user-prompt", content: "Money?" }] };
  const called = { kind: "response", parts: [{ part_kind: "tool-call", tool_name: "pay" }] };
  const back = { kind: "request", parts: [{ part_kind: "tool-return", content: "paid" }] };
  const human = { type: "human", content: "And now?" };
  const run = readTrace({ messages: [asked, called, back, human] });

  assert.deepEqual(
    recordedTurns(run, run.groups).map(({ inputs, answers }) => [inputs, answers]),
    [
      [[asked], [called, back]],
      [[human], []],
    ],
  );
});

test("without messages a test case's one turn is what the first step was given", () => {
  const run = readTrace({ nodes: [{ name: "a" }, { name: "b", input: { q: 1 } }], final_response: "Done." });

  assert.deepEqual(recordedTurns(run, run.groups), [{ inputs: [{ q: 1 }], answers: [], response: "Done." }]);
});

test("a test case's calls are those of steps and those of messages alone, each once; a failed one has an error", () => {
  const { turns, debug } = told({
    messages: [
      {
        role: "assistant",
        tool_calls: [
          { id: "1", name: "pay", arguments: '{ "n": 1 }' },
          { id: "2", name: "find", arguments: { id: 7 } },
          { id: "3", name: "find", arguments: { id: 8 } },
        ],
      },
      { role: "tool", tool_call_id: "1", content: "ok" },
      { role: "tool", tool_call_id: "2", content: "found" },
      { role: "tool", tool_call_id: "3", content: "HTTP 503", is_error: true },
    ],
    tool_calls: [
      { name: "pay", arguments: { n: 1 }, result: "ok" },
      { name: "mail", status: "failed" },
      { name: "mail", arguments: 1, error: { code: 5 } },
    ],
  });

  assert.deepEqual(recordedCalls(turns, debug.groups), [
    { name: "pay", arguments: { n: 1 }, result: "ok" },
    { name: "mail", arguments: null, result: null, error: "the call failed with status failed" },
    { name: "mail", arguments: 1, result: null, error: { code: 5 } },
    { name: "find", arguments: { id: 7 }, result: "found" },
    { name: "find", arguments: { id: 8 }, result: null, error: "HTTP 503" },
  ]);
});

test("a test case is Python that says how it can be used", () => {
  const text = testCase(told({ messages: [USER("Money?")], final_response: "Done." }));

  assert.ok(text.startsWith('"""Ticket T_1_, log L-1, as a test case.'));
  assert.ok(text.includes('"inputs": [\n                {\n                    "role": "user",'));
  assert.ok(text.includes('"final_response": "Done."'));
  assert.ok(text.includes("``inputs``, messages of the system and the user"));
});

test("calls that only messages tell of are in it, with the results and errors that they carry", () => {
  const messages = [
    { role: "user", content: "Money?" },
    {
      role: "assistant",
      tool_calls: [
        { id: "1", name: "find", arguments: { n: 1 }, result: "paid in full" },
        { id: "2", name: "pay", arguments: {}, error: "card declined", status: "error", server_label: "bank" },
      ],
    },
  ];
  const text = testCase(told({ messages }));

  assert.match(text, /"name": "find",\s+"arguments": \{\s+"n": 1,\s+\},\s+"result": "paid in full"/);
  assert.match(text, /"name": "pay",\s+"arguments": (None|\{\}),\s+"result": None,\s+"error": "card declined"/);
});
