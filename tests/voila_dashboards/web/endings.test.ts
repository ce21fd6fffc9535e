import assert from "node:assert/strict";
import { test } from "node:test";
import { DONE_STATUSES } from "../../../voila_dashboards/web/generated/contract.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";

const BARE = ["error", "errored", " failed ", "failure", "exception", "incomplete", "outcome_failed", "output-error"];
/** Words of a failure that stay to be shown: they say why. */
const SAY_WHY = ["timed out", "timed_out", "timeout", "outcome_deadline_exceeded", "failed: 502", "error 500"];

test("whether a call failed is said by the one list of words, in whichever field its maker writes them", () => {
  const blockOf = (field: string, word: string) =>
    turnsOf([
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "1", toolName: "pay", [field]: word }] },
    ])[0]?.blocks[0];

  for (const field of ["status", "state", "outcome"]) {
    for (const word of [...BARE, ...SAY_WHY, ...DONE_STATUSES]) {
      const block = blockOf(field, word.toUpperCase());
      assert.ok(block?.kind === "call");
      const isDone = (DONE_STATUSES as readonly string[]).includes(word);
      const kept = SAY_WHY.includes(word) ? { [field]: word.toUpperCase() } : {};
      assert.deepEqual([block.failed, block.rest], [!isDone, kept], `${field}: ${word}`);
    }
    const other = blockOf(field, "partial");
    assert.ok(other?.kind === "call");
    assert.deepEqual([other.failed, other.rest], [false, { [field]: "partial" }]);
  }
});
