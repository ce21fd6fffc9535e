/** Conversations as their makers write them: what is shown of each, and that nothing of them is lost. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isBlank, isRecord } from "../../../voila_dashboards/web/text/labels.ts";
import type { Block, Call } from "../../../voila_dashboards/web/trace/blocks.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { finalOf } from "../../../voila_dashboards/web/trace/final.ts";
import { blocksOf } from "../../../voila_dashboards/web/trace/reading.ts";
import { usualOf } from "../../../voila_dashboards/web/trace/unusual.ts";
import { FRAMEWORKS } from "./makers-frameworks.ts";
import { MODELS } from "./makers-models.ts";
import { SERVERS } from "./makers-servers.ts";
import { SEVERAL } from "./makers-several.ts";
import { WRAPPED } from "./makers-wrapped.ts";

const MAKERS = { ...MODELS, ...SERVERS, ...FRAMEWORKS, ...SEVERAL, ...WRAPPED };

const short = (block: Block): unknown => {
  if (block.kind === "text") return block.text;
  if (block.kind === "thought") return { thought: block.text };
  if (block.kind === "picture") return { picture: block.src };
  if (block.kind === "rest") return { rest: block.value };
  if (block.kind === "other") return block.value;
  if (block.kind === "result") return { alone: block.blocks.map(short) };
  const { name, given, result, failed, rest } = block;
  const more = { ...(failed ? { failed } : {}), ...(isBlank(rest) ? {} : { rest }) };
  return { call: name, given, back: result ? result.blocks.map(short) : null, ...more };
};

/** Blank arguments may be there or not. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"given":{},', ""));

for (const [maker, { messages, said }] of Object.entries(MAKERS))
  test(`${maker}: each word, thought, call, result and picture is one`, () => {
    const turns = turnsOf(usualOf(messages)).map(({ role, blocks }) => [role, ...blocks.map(short)]);

    assert.deepEqual(plain(turns), plain(said));
  });

/** Copies of `value`, each with one more field in one of the objects in it. */
function* grown(value: unknown, field: string, text: string): Generator<unknown> {
  if (Array.isArray(value))
    for (const [i, item] of value.entries())
      for (const each of grown(item, field, text)) yield [...value.slice(0, i), each, ...value.slice(i + 1)];
  if (!isRecord(value)) return;
  yield { ...value, [field]: text };
  for (const [name, inner] of Object.entries(value))
    for (const each of grown(inner, field, text)) yield { ...value, [name]: each };
}

test("a field that nobody knows is shown, wherever in a message it stands", () => {
  const fields = [
    "decision",
    "name",
    "risk_level",
    "usage",
    "thought",
    "value",
    "status",
    "label",
    "error",
    "finish_reason",
  ];
  for (const [maker, { messages }] of Object.entries(MAKERS))
    for (const [i, message] of messages.entries())
      for (const field of fields)
        for (const one of grown(message, field, "said nowhere else")) {
          const all = messages.map((each, j) => (i === j ? (one as Record<string, unknown>) : each));

          assert.match(
            JSON.stringify(turnsOf(usualOf(all))),
            /said nowhere else/,
            `${maker}, ${field}: ${JSON.stringify(one)}`,
          );
        }
});

test("a field that nobody knows is shown of a final response, too", () => {
  const finals = [
    {
      choices: [
        {
          index: 0,
          finish_reason: "length",
          message: {
            role: "assistant",
            content: "No.",
            tool_calls: [{ id: "z", type: "function", function: { name: "look", arguments: "{}" } }],
          },
        },
      ],
    },
    { candidates: [{ content: { role: "model", parts: [{ text: "No." }] }, finishReason: "STOP" }] },
    { role: "assistant", content: [{ type: "text", text: "No." }] },
    { content: "No.", model: "m" },
    { answer: "No." },
    { output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "No." }] }] },
    { output: { message: { role: "assistant", content: [{ text: "No." }] } } },
    { response: { role: "assistant", blocks: [{ block_type: "text", text: "No." }] } },
    { error: { message: "No." } },
    [{ type: "text", text: "No." }],
  ];
  for (const final of finals)
    for (const one of grown(final, "decision", "said nowhere else"))
      assert.match(JSON.stringify(finalOf(one)), /said nowhere else/, JSON.stringify(one));
  assert.match(JSON.stringify(finalOf(finals[0])), /"length".*|"look".*/);
});

interface Shape {
  name: string;
  becomes: string;
  example: Record<string, unknown>;
  log: unknown;
}

/** The table of shapes that the SDK knows, from its page in the docs. */
function shapes(): Shape[] {
  const text = readFileSync(new URL("../../../docs/shapes.md", import.meta.url), "utf8");
  const plain = (cell: string) =>
    JSON.parse(
      cell
        .replace(/<\/?code>/g, "")
        .replace(/&quot;/g, '"')
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&amp;/g, "&")
        .replace(/\\\|/g, "|"),
    );
  return text
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes("<code>"))
    .map((line) => line.slice(2, -2).split(" | "))
    .map(([name = "", , becomes = "", example = "", log = ""]) => ({
      name,
      becomes,
      example: plain(example),
      log: plain(log),
    }));
}

const KINDS: readonly [RegExp, Block["kind"]][] = [
  [/^tool call/, "call"],
  [/^result/, "result"],
  [/^`thought`/, "thought"],
  [/^(words|refusal)/, "text"],
];

test("every shape that the SDK knows is one to the page, with the same name, arguments and result", () => {
  const all = shapes();
  assert.ok(all.length > 25);
  for (const { name, becomes, example, log } of all.filter((shape) => shape.name !== "MCP, result")) {
    const [block] = blocksOf([example]);
    assert.equal(block?.kind, KINDS.find(([word]) => word.test(becomes))?.[1], name);
    if (block?.kind === "call") isCall(block, log as Record<string, unknown>, name);
    if (block?.kind === "result" && isRecord(log)) assert.equal(block.failed, log.status === "error", name);
    if (block?.kind === "text") assert.equal(block.text, log, name);
    if (block?.kind === "thought" && log !== "") assert.equal(block.text, log, name);
  }
});

function isCall(call: Call, log: Record<string, unknown>, shape: string): void {
  assert.equal(call.name, log.name, shape);
  assert.deepEqual(call.given, log.arguments, shape);
  if (log.id !== undefined) assert.ok(call.ids.includes(String(log.id)), shape);
  assert.equal(call.failed, log.status === "error", shape);
}
