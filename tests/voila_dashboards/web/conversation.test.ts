import assert from "node:assert/strict";
import { test } from "node:test";
import { messagesIn } from "../../../voila_dashboards/pages/ticket/given.ts";
import { withoutColours } from "../../../voila_dashboards/web/text/colours.ts";
import { faceOf, isMarkdown } from "../../../voila_dashboards/web/text/faces.ts";
import { lineKind } from "../../../voila_dashboards/web/text/line-kinds.ts";
import type { Block } from "../../../voila_dashboards/web/trace/blocks.ts";
import { callsIn, turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { blocksOf } from "../../../voila_dashboards/web/trace/reading.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

/** Blocks in short: words as they are, a call as [name, given, what came back]. */
const short = (blocks: readonly Block[]): unknown[] =>
  blocks.map((block) => {
    if (block.kind === "text") return block.text;
    if (block.kind === "thought") return { thought: block.text };
    if (block.kind === "call") return [block.name, block.given, block.result && short(block.result.blocks)];
    return block.kind === "result"
      ? { alone: short(block.blocks) }
      : { [block.kind]: "src" in block ? block.src : block.value };
  });
const said = (messages: Record<string, unknown>[]) =>
  turnsOf(messages).map((turn) => [turn.role, ...short(turn.blocks)]);
const CALLED = [
  ["user", "Rain?"],
  ["assistant", ["weather", { city: "Ulm" }, ["dry"]]],
  ["assistant", "No."],
];

test("a call and its result are one, in OpenAI's chat", () => {
  const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } };
  assert.deepEqual(
    said([
      { role: "user", content: "Rain?" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "dry" },
      { role: "assistant", content: "No." },
    ]),
    CALLED,
  );
});

test("a call and its result are one, in Anthropic's messages", () => {
  assert.deepEqual(
    said([
      { role: "user", content: "Rain?" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "weather", input: { city: "Ulm" } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "dry" }] }] },
      { role: "assistant", content: [{ type: "text", text: "No." }] },
    ]).filter((turn) => turn.length > 1),
    CALLED,
  );
});

test("a call and its result are one, in Responses and in Gemini", () => {
  assert.deepEqual(
    said([
      { role: "user", content: [{ type: "input_text", text: "Rain?" }] },
      { type: "function_call", call_id: "f", id: "x", name: "weather", arguments: '{"city":"Ulm"}' },
      { type: "function_call_output", call_id: "f", output: "dry" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "No." }] },
    ]),
    CALLED,
  );
  assert.deepEqual(
    said([
      { role: "user", parts: [{ text: "Rain?" }] },
      { role: "model", parts: [{ functionCall: { name: "weather", args: { city: "Ulm" } } }] },
      { role: "function", parts: [{ functionResponse: { name: "weather", response: "dry" } }] },
      { role: "model", parts: [{ text: "Hm.", thought: true }, { text: "No." }] },
    ]),
    [CALLED[0], CALLED[1], ["assistant", { thought: "Hm." }, "No."]],
  );
});

test("results without an id go to the first call of their name that waits", () => {
  const call = (name: string, n: number) => ({ function: { name, arguments: { n } } });
  assert.deepEqual(
    said([
      { role: "assistant", tool_calls: [call("a", 1), call("b", 2), call("a", 3)] },
      { role: "tool", name: "a", content: "one" },
      { role: "tool", name: "a", content: "three" },
      { role: "tool", name: "c", content: "whose?" },
    ]),
    [
      ["assistant", ["a", { n: 1 }, ["one"]], ["b", { n: 2 }, null], ["a", { n: 3 }, ["three"]]],
      ["tool", { alone: ["whose?"] }],
    ],
  );
});

test("a result whose call is only in the steps stands with that call", () => {
  const { groups } = readTrace({
    react_iterations: [
      { tool_calls: [{ id: "1", name: "look", arguments: { a: 1 }, result: { b: 2 } }] },
      { tool_calls: [{ id: "2", name: "send", arguments: { a: 3 }, result: "sent" }] },
    ],
  });
  const calls = inSequence(groups).filter((part) => part.kind === "tool call");
  const turns = turnsOf(
    [
      { role: "assistant", content: null },
      { role: "tool", content: '{"b":2}' },
      { role: "assistant", content: "" },
      { role: "tool", content: "sent" },
      { role: "tool", content: "sent" },
    ],
    calls,
  );
  assert.deepEqual(
    turns.map((turn) => short(turn.blocks)),
    [[["look", { a: 1 }, ['{"b":2}']]], [["send", { a: 3 }, ["sent"]]], [{ alone: ["sent"] }]],
  );
});

test("a result that failed says so", () => {
  const [turn] = turnsOf([
    { role: "assistant", content: [{ type: "tool_use", id: "1", name: "x", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "1", is_error: true, content: "no" }] },
  ]);
  const call = turn?.blocks[0];
  assert.equal(call?.kind === "call" && call.result?.failed, true);
});

test("pieces that cite a source are one sentence, other texts are paragraphs", () => {
  const cited = (text: string) => ({ type: "text", text, citations: [{}] });
  const plain = (text: string) => ({ type: "text", text });
  assert.deepEqual(short(blocksOf([plain("It is "), cited("warm"), plain(" today.")])), [
    "It is warm today.",
    { rest: { citations: [{}] } },
  ]);
  assert.deepEqual(short(blocksOf([plain("One."), plain("Two.")])), ["One.\n\nTwo."]);
});

test("pictures are of the log's own bytes, of a type that cannot run, and bounded", () => {
  const url = (each: string) => blocksOf([{ type: "image_url", image_url: { url: each } }])[0]?.kind;
  const png = `iVBORw0KGgoAAAANSUhEUgAAASwAAAAoCAIAAADL${"A".repeat(40)}`; // says that it is of 300 by 40 pixels
  assert.equal(url(`data:image/png;base64,${png}`), "picture");
  for (const refused of [
    "https://elsewhere.example/a.png",
    "data:image/svg+xml;base64,AAAA",
    "data:text/html;base64,AAAA",
    'data:image/png;base64,AA"onerror=',
    "javascript:alert(1)",
    `data:image/png;base64,${png}${"A".repeat(12_000_001)}`,
    "data:image/png;base64,AAAA",
  ])
    assert.equal(url(refused), "other", refused.slice(0, 40));
  const source = { type: "base64", media_type: "image/png", data: png };
  assert.deepEqual(blocksOf([{ type: "image", source }]), [{ kind: "picture", src: `data:image/png;base64,${png}` }]);
});

test("what nobody knows stays what it is", () => {
  assert.deepEqual(short(blocksOf([{ type: "new_thing", a: 1 }, 7])), [
    { other: { type: "new_thing", a: 1 } },
    { other: 7 },
  ]);
  assert.deepEqual(short(blocksOf({ a: [{}] })), [{ other: { a: [{}] } }]);
  for (const nothing of [null, "", [], {}]) assert.deepEqual(blocksOf(nothing), []);
  assert.deepEqual(said([{ role: ["x"], content: "hi" }, {}, { value: null }]).length, 3);
  assert.deepEqual(said([{ __proto__: null, role: "constructor", content: "hi" }]), [["other", "hi"]]);
});

test("a thought that the content holds already is not said twice", () => {
  const [turn] = turnsOf([
    { role: "assistant", content: "Look.\n```\nls\n```", thought: "Look.", action: "ls", agent: "primary" },
  ]);
  assert.deepEqual(turn?.blocks.at(-1), { kind: "rest", value: { agent: "primary" } });
});

test("code, a terminal and a difference have faces of their own", () => {
  assert.equal(faceOf("One line; of code {"), "prose");
  assert.equal(faceOf("Dear customer,\n\nyour money is on its way.\n- today\n- or tomorrow\n"), "prose");
  assert.equal(faceOf("def f():\n    return 1\n\n    x = 2\n"), "code");
  assert.equal(faceOf("AUTHORS.rst\t LICENSE\nCHANGELOG  MANIFEST.in   src/"), "code");
  assert.equal(faceOf("\u001b[31mred\u001b[0m\nplain"), "code");
  assert.equal(faceOf("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b"), "diff");
  assert.equal(withoutColours("\u001b[31mred\u001b[0m"), "red");
  assert.deepEqual(["+a", "-b", "@@ -1 +1 @@", " c", "--- a/x"].map(lineKind), [
    "added",
    "removed",
    "place",
    "same",
    "place",
  ]);
});

test("only a text with marks of Markdown is one", () => {
  for (const text of ["# Head", "a\n- b", "1. one", "**bold**", "`code`", "[a](b)", "|a|b|\n|-|-|\n"])
    assert.ok(isMarkdown(text), text);
  for (const text of ["plain", "2 * 3 * 4", "a_b_c", "# ", "5 > 3", "[note]"]) assert.ok(!isMarkdown(text), text);
});

test("requests and answers of models hold messages, and other values none", () => {
  const user = { role: "user", content: "Rain?" };
  const answer = { role: "assistant", content: "No." };
  assert.deepEqual(messagesIn([user, answer]), { messages: [user, answer], rest: null });
  assert.deepEqual(messagesIn({ model: "m", system: "Be kind.", messages: [user] }), {
    messages: [{ role: "system", content: "Be kind." }, user],
    rest: { model: "m" },
  });
  assert.deepEqual(messagesIn({ id: 1, choices: [{ index: 0, message: answer }] }), {
    messages: [{ index: 0, ...answer }],
    rest: { id: 1 },
  });
  assert.deepEqual(messagesIn({ output: { message: answer }, stopReason: "end" }), {
    messages: [answer],
    rest: { stopReason: "end" },
  });
  assert.deepEqual(messagesIn({ system: "kept", output: [answer] })?.rest, { system: "kept" });
  const item = { type: "function_call", call_id: "1", name: "x", arguments: "{}" };
  assert.deepEqual(messagesIn({ output: [item] }), { messages: [item], rest: null });
  assert.deepEqual(messagesIn({ role: "assistant", content: [] })?.messages.length, 1);
  for (const none of [
    null,
    "x",
    7,
    [],
    {},
    [1],
    [{ a: 1 }],
    { messages: [] },
    { choices: [{}] },
    { input: "x" },
    [user, 7],
  ])
    assert.equal(messagesIn(none), null);
});

test("thoughts that only their maker can read say so", () => {
  assert.deepEqual(short(blocksOf([{ type: "reasoning", summary: [], encrypted_content: "gAAAA" }])), [
    { thought: "(not readable: its maker encrypts it)" },
  ]);
});

test("the calls of a conversation are counted, one that a message says twice once", () => {
  const call = { id: "a", name: "find", input: {} };
  const turns = turnsOf([
    { role: "assistant", content: [{ type: "tool_use", ...call }], tool_calls: [{ type: "tool_call", ...call }] },
    { role: "tool", tool_call_id: "a", content: "here" },
    { role: "assistant", content: null, tool_calls: [{ id: "a", function: { name: "find", arguments: "{}" } }] },
  ]);

  assert.equal(callsIn(turns), 2);
});
