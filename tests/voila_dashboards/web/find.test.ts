import assert from "node:assert/strict";
import { test } from "node:test";
import { hitsOf, nextOf, placesOf } from "../../../voila_dashboards/pages/ticket/find.ts";
import { wordsToFind } from "../../../voila_dashboards/pages/ticket/words.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

const TRACE = {
  messages: [
    { role: "system", content: "Be patient." },
    { role: "user", content: "Wo ist mein Geld für A-77?" },
    { role: "assistant", tool_calls: [{ id: "1", function: { name: "crm.lookup", arguments: '{"order":"A-77"}' } }] },
    { role: "tool", tool_call_id: "1", content: "paid twice" },
  ],
  nodes: [{ name: "Agent", output: { text: "line one\nline two" } }],
  react_iterations: [{ node: "Agent", thought: "Hm.", tool_calls: [{ name: "crm.lookup", result: "Paid twice" }] }],
};
const run = readTrace(TRACE);
const places = placesOf(turnsOf(run.messages), run.groups);
const found = (query: string) =>
  hitsOf(places, wordsToFind(query)).map((hit) => (hit.kind === "turn" ? hit.place : hit.key));

test("words are found in names, texts, arguments and results, whatever their letters' size", () => {
  assert.deepEqual(found("paid TWICE"), [2, "i1.c1"]);
  assert.deepEqual(found("a-77"), [1, 2]);
  assert.deepEqual(found("agent"), ["n1", "i1"]);
  assert.deepEqual(found("patient"), [0]);
  assert.deepEqual(found("FÜR"), [1]);
  assert.deepEqual(found("line two"), ["n1"]);
});

test("every word must be in one place, and what stands in quotes in one piece", () => {
  assert.deepEqual(found("paid geld"), []);
  assert.deepEqual(found('"twice paid"'), []);
  assert.deepEqual(found('"paid twice"'), [2, "i1.c1"]);
  assert.deepEqual(wordsToFind('  a "b  c" "" d"e '), ["a", "b  c", '""', 'd"e']);
  assert.deepEqual(found("  "), []);
});

test("the next hit comes round at the ends", () => {
  assert.deepEqual(
    [nextOf(3, -1, 1), nextOf(3, 2, 1), nextOf(3, 0, -1), nextOf(3, -1, -1), nextOf(0, -1, 1)],
    [0, 0, 2, 2, -1],
  );
});
