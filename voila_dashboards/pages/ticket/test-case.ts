/** A run as a test case: a pytest module with its inputs, what its tools gave back, and its final response. */

import type { Log } from "../../web/generated/contract.ts";
import { isBlank, label } from "../../web/text/labels.ts";
import { iso } from "../../web/text/times.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { exactText } from "../../web/values/exact.ts";
import type { Told } from "./report.ts";

/** Deeper values would be no expression that Python reads. */
const DEEPEST = 60;

/** Python reads no longer integers. */
const MOST_DIGITS = 4000;
/** Letters that nobody sees, or that change how what is around them is read. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Every text of JSON is one of Python, too. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

function numeral(value: string): string | null {
  const exact = exactText(value);
  return exact !== null && exact.length > MOST_DIGITS ? quoted(exact) : exact;
}

/** A value as Python writes it. Integers keep every digit. */
export function python(value: unknown, indent = "", depth = 0): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "None";
  if (typeof value === "string") return numeral(value) ?? quoted(value);
  if (depth === DEEPEST) return '"(deeper than a test case goes)"';
  const inner = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((each) => python(each, inner, depth + 1))
    : Object.entries(value).map(([key, each]) => `${quoted(key)}: ${python(each, inner, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return items.length
    ? `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}${close}`
    : open + close;
}

export function testCase({ log, run, debug }: Told): string {
  const parts = inSequence(debug.groups);
  const recorded = {
    ticket_id: log.ticket_id,
    log_id: log.log_id,
    status: log.status,
    category: log.category,
    workflow_version: log.workflow_version,
    inputs: inputsOf(run, parts),
    tool_calls: parts.filter((part) => part.kind === "tool call").map(callOf),
    final_response: run?.final ?? null,
  };
  return `${head(log)}RECORDED = ${python(recorded)}\n${FIXTURES}`;
}

/** What the run was given: messages before the first answer, else what its first steps were given. */
function inputsOf(run: Run | null, parts: readonly Part[]): unknown[] {
  const messages = run?.messages ?? [];
  const answer = messages.findIndex((message) => /^(assistant|ai|model)$/i.test(String(message.role)));
  const before = answer < 0 ? messages : messages.slice(0, answer);
  if (before.length) return before;
  const first = parts.find((part) => !isBlank(part.raw.input));
  return first ? [first.raw.input] : [];
}

const callOf = ({ name, raw }: Part): Record<string, unknown> => ({
  name,
  arguments: raw.arguments ?? null,
  result: raw.result ?? null,
  ...(isBlank(raw.error) ? {} : { error: raw.error }),
});

/** Nothing of a log may end the text it stands in. */
const plain = (value: unknown): string =>
  label(value)
    .replace(/[^\w .:@/-]+/g, "_")
    .slice(0, 120);

const head = (log: Log): string => `"""Ticket ${plain(log.ticket_id)}, log ${plain(log.log_id)}, as a test case.

Executed at ${iso(log.executed_at_ms) ?? "a time that is not known"}. What was masked in the log is masked here.
"""

import copy

import pytest

`;

const FIXTURES = `

@pytest.fixture
def recorded():
    """What the run was given, what its tools gave back, and what it said last."""
    return copy.deepcopy(RECORDED)


@pytest.fixture
def call_tool(recorded):
    """Answers as the tools of the run did: by name and arguments, each call once, in their order."""
    left = recorded["tool_calls"]

    def call(name, arguments):
        for place, each in enumerate(left):
            if each["name"] == name and each["arguments"] == arguments:
                del left[place]
                if "error" in each:
                    raise RuntimeError(each["error"])
                return each["result"]
        raise AssertionError(f"the run did not call {name} with {arguments!r}")

    return call


# def test_the_workflow_says_the_same(recorded, call_tool):
#     assert your_workflow(recorded["inputs"], call_tool) == recorded["final_response"]
`;
