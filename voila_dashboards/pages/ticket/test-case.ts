/** A run as a test case: a pytest module with its turns, what its tools gave back, and its final response. */

import type { Log } from "../../web/generated/contract.ts";
import { label } from "../../web/text/labels.ts";
import { iso } from "../../web/text/times.ts";
import { exactText } from "../../web/values/exact.ts";
import { recordedCalls, recordedTurns } from "./recorded.ts";
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

export function testCase({ log, run, debug, turns }: Told): string {
  const recorded = {
    ticket_id: log.ticket_id,
    log_id: log.log_id,
    status: log.status,
    category: log.category,
    workflow_version: log.workflow_version,
    turns: recordedTurns(run, debug.groups),
    tool_calls: recordedCalls(turns, debug.groups),
    final_response: run?.final ?? null,
  };
  return `${head(log)}RECORDED = ${python(recorded)}\n${FIXTURES}`;
}

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
    """What was said turn by turn, what the tools gave back by call, and the final response.

    Of each turn: \`\`inputs\`\`, messages of the system and the user; \`\`answers\`\`, what came until they
    spoke again; and \`\`response\`\`, the last words of these.
    """
    return copy.deepcopy(RECORDED)


@pytest.fixture
def call_tool(recorded):
    """Answers as the tools of the run did: by name and arguments, each call once, in their order.

    A call that failed raises RuntimeError; one that the run did not make, AssertionError.
    """
    left = recorded["tool_calls"]

    def call(name, arguments):
        for place, each in enumerate(left):
            if each["name"] == name and (each["arguments"] or {}) == (arguments or {}):  # none given is {}
                del left[place]
                if "error" in each:
                    raise RuntimeError(each["error"])
                return each["result"]
        raise AssertionError(f"the run did not call {name} with {arguments!r}")

    return call


# def test_the_workflow_says_the_same(recorded, call_tool):
#     messages = []
#     for turn in recorded["turns"]:
#         messages += turn["inputs"]
#         assert your_workflow(messages, call_tool) == turn["response"]
#         messages += turn["answers"]
`;
