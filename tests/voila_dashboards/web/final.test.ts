/** Final responses as their makers write them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { finalOf } from "../../../voila_dashboards/web/trace/final.ts";

test("a final response is read as its words, with what stands beside them", () => {
  const rest = { kind: "rest", value: { model: "m" } };

  assert.deepEqual(finalOf({ content: "**Done**", model: "m", tools: null }), [
    { kind: "text", text: "**Done**" },
    rest,
  ]);
  for (const answer of [
    { choices: [{ message: { content: "Hello" } }] },
    { candidates: [{ content: { parts: [{ text: "Hello" }] } }] },
  ])
    assert.deepEqual(finalOf({ ...answer, model: "m" }), [{ kind: "text", text: "Hello" }, rest]);
  assert.equal(finalOf({ id: 7 })[0]?.kind, "other");
  assert.equal(finalOf("Hello").length, 1);
});

test("the final response of a maker is the words in it, and an error is told as one", () => {
  const message = { type: "message", id: "m", role: "assistant", content: [{ type: "output_text", text: "Hello" }] };
  for (const final of [
    { object: "response", status: "incomplete", output: [{ type: "reasoning", id: "r", summary: [] }, message] },
    { output: { message: { role: "assistant", content: [{ text: "Hello" }] } }, stopReason: "guardrail" },
    { raw: "Hello", tasks_output: [{ raw: "Hello" }], token_usage: { total: 3 } },
    { response: { role: "assistant", blocks: [{ block_type: "text", text: "Hello" }] }, sources: [{ content: "x" }] },
    { final_output: "Hello", last_agent: "a" },
  ]) {
    const [first, ...rest] = finalOf(final);
    assert.deepEqual(first, { kind: "text", text: "Hello" }, JSON.stringify(final));
    assert.deepEqual(
      rest.map(({ kind }) => kind),
      ["rest"],
    );
  }
  assert.deepEqual(finalOf({ error: { type: "quota", message: "Too much" } }), [
    { kind: "other", name: "error", value: { type: "quota", message: "Too much" } },
  ]);
  assert.deepEqual(finalOf({ response: "So far", error: "cut" })[1], { kind: "other", name: "error", value: "cut" });
});
