import assert from "node:assert/strict";
import { test } from "node:test";
import { hitsOf, nextOf, placesOf } from "../../../voila_dashboards/pages/ticket/find.ts";
import { sectionsOf } from "../../../voila_dashboards/pages/ticket/sections.ts";
import { wordsToFind } from "../../../voila_dashboards/pages/ticket/words.ts";
import { fold, foldTraced } from "../../../voila_dashboards/web/text/fold.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { LOG } from "./ticket-log.ts";

const TRACE = {
  messages: [
    { role: "system", content: "Be patient, naïve ＡＢＣ Straße." },
    { role: "user", content: "Wo ist mein Geld für A-77?" },
    { role: "assistant", tool_calls: [{ id: "1", function: { name: "crm.lookup", arguments: '{"order":"A-77"}' } }] },
    { role: "tool", tool_call_id: "1", content: "paid twice" },
  ],
  nodes: [{ name: "Agent", output: { text: "line one\nline two" } }],
  errors: [{ type: "Lost", message: "socket" }],
  final_response: { text: "Goodbye" },
  of_our_own: { city: ["San Francisco"] },
  react_iterations: [
    {
      node: "Agent",
      thought: "Hm.",
      input: { path: "C:\\new" },
      tool_calls: [{ name: "crm.lookup", result: "Paid twice" }],
    },
  ],
};
const run = readTrace(TRACE);
const log = {
  ...LOG,
  ticket_id: "T-9",
  category: "Rückgabe",
  metrics: '{"tone": "calm"}',
  extra: '{"subject": "Zwei Mal", "sdk": {"masked": {"email": {"count": 1, "paths": ["subject"]}}}}',
};
const places = placesOf(turnsOf(run.messages), run.groups, sectionsOf(log, run));
const foundBy = (query: string) => hitsOf(places, wordsToFind(query));
const found = (query: string) =>
  foundBy(query).hits.map((hit) => (hit.kind === "turn" ? hit.place : hit.kind === "step" ? hit.key : hit.name));

test("words are found in names, texts, arguments and results, whatever their letters' size", () => {
  assert.deepEqual(found("paid TWICE"), [2, "i1.c1"]);
  assert.deepEqual(found("a-77"), [1, 2]);
  assert.deepEqual(found("agent"), ["n1", "i1"]);
  assert.deepEqual(found("patient"), [0]);
  assert.deepEqual(found("FÜR"), [1]);
  assert.deepEqual(found("line two"), ["n1"]);
});

test("every word must be in one place, and what stands in quotes in one piece", () => {
  assert.deepEqual(found("paid nowhere"), []);
  assert.deepEqual(found('"twice paid"'), []);
  assert.deepEqual(found('"paid twice"'), [2, "i1.c1"]);
  assert.deepEqual(wordsToFind('  a "b  c" "" d"e A '), ["a", "b c", '""', 'd"e']);
  assert.deepEqual(found("  "), []);
});

test("words that are nowhere together are found apart, and it is said", () => {
  assert.deepEqual(found("paid geld"), [1, 2, "i1.c1"]);
  assert.equal(foundBy("paid geld").areWhole, false);
  assert.equal(foundBy("paid twice").areWhole, true);
});

test("the final response, other parts, errors and fields are found too", () => {
  assert.deepEqual(found("goodbye"), ["final"]);
  assert.deepEqual(found("san francisco"), ["others"]);
  assert.deepEqual(found("lost socket"), ["errors"]);
  assert.deepEqual(found("calm"), ["metrics"]);
  assert.deepEqual(found("zwei mal"), ["own"]);
  assert.deepEqual(found("email"), ["masked"]);
  assert.deepEqual(found("t-9 ruckgabe"), ["head"]);
});

test("words are folded as the list of tickets folds them", () => {
  assert.deepEqual(found("naive"), [0]);
  assert.deepEqual(found("ABC"), [0]);
  assert.deepEqual(found("strasse"), [0]);
  assert.deepEqual(found("fur"), [1]);
});

test("what a value holds is found as it is shown, not as JSON escapes it", () => {
  assert.deepEqual(found('"line one line two"'), ["n1"]);
  assert.deepEqual(found("c:\\new"), ["i1"]);
});

test("a folded text says where each of its letters stood", () => {
  const text = "Ein  ＡＢＣ, naïve Straße";
  const { text: folded, at } = foldTraced(text);

  assert.equal(folded, fold(text));
  const place = folded.indexOf("strasse");
  assert.equal(text.slice(at[place], at[place + "strasse".length]), "Straße");
});

test("the next hit comes round at the ends", () => {
  assert.deepEqual(
    [nextOf(3, -1, 1), nextOf(3, 2, 1), nextOf(3, 0, -1), nextOf(3, -1, -1), nextOf(0, -1, 1)],
    [0, 0, 2, 2, -1],
  );
});
