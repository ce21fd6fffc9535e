/** Calls, times and failures of steps under the names that makers and tracing tools give them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../../../voila_dashboards/pages/ticket/failures.ts";
import { guessesOf } from "../../../voila_dashboards/pages/ticket/guesses.ts";
import { layOut } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import type { Part } from "../../../voila_dashboards/web/trace/trace.ts";
import { told } from "./told.ts";

type Sent = Record<string, unknown>;

const stepOf = (trace: Sent, key: string): Part => {
  const found = inSequence(told(trace).debug.groups).find((part) => part.key === key);
  assert.ok(found);
  return found;
};
const callOf = (sent: Sent): Part => stepOf({ react_iterations: [{ tool_calls: [sent] }] }, "i1.c1");

test("a call has its name, its arguments and its result whatever its maker calls them", () => {
  const names = ["name", "toolName", "tool_name"];
  const given = ["arguments", "args", "input", "parameters"];
  const back = ["result", "output", "response"];

  for (const name of names)
    for (const asked of given)
      for (const answered of back) {
        const call = callOf({ [name]: "pay", [asked]: { n: 1 }, [answered]: "paid", own: 7 });

        assert.equal(call.name, "pay", name);
        assert.deepEqual([call.raw.arguments, call.raw.result], [{ n: 1 }, "paid"], `${asked}, ${answered}`);
        assert.deepEqual(call.rest, { own: 7 });
      }
});

test("a call within a call is read, as OpenAI's are, with its arguments as what they say", () => {
  const call = callOf({ id: "c", type: "function", function: { name: "pay", arguments: '{"n": 1}' } });

  assert.equal(call.name, "pay");
  assert.deepEqual(call.raw, { id: "c", name: "pay", arguments: { n: 1 } });
  assert.deepEqual(call.rest, {});
});

test("a call that was given nothing says so, and what the model names stands as it was sent", () => {
  assert.deepEqual(callOf({ toolName: "list", args: {} }).raw.arguments, {});
  assert.deepEqual(callOf({ name: "list", arguments: null, args: {} }).raw.arguments, {});
  const both = callOf({ name: "pay", arguments: "{n}", input: { n: 2 }, result: "", output: "paid" });

  assert.deepEqual([both.raw.arguments, both.raw.result], ["{n}", ""]);
  assert.deepEqual(both.rest, { input: { n: 2 }, output: "paid" });
});

test("a step lies between its start and its end, whoever names them and whatever they count in", () => {
  const [from, to] = [1_748_112_721_000, 1_748_112_723_500];
  const iso = (ms: number): string => new Date(ms).toISOString();
  const units: ((ms: number) => unknown)[] = [
    iso,
    (ms) => ms,
    (ms) => ms / 1000,
    (ms) => `${ms}000000`,
    (ms) => iso(ms).replace("Z", ""),
  ];
  const names = [
    "started_at ended_at",
    "start_time end_time",
    "startTime endTime",
    "startTimeUnixNano endTimeUnixNano",
  ];

  for (const named of names)
    for (const written of units) {
      const [start, end] = named.split(" ") as [string, string];
      const times = { [start]: written(from), [end]: written(to) };
      for (const sent of [times, { timing: times }]) {
        const node = stepOf({ nodes: [{ name: "a", ...sent }] }, "n1");
        assert.deepEqual([node.start, node.duration], [from, 2500], JSON.stringify(sent));
        assert.equal(callOf({ name: "a", ...sent }).duration, 2500);
      }
    }
});

test("a duration that is told counts, an end before the start says none, and what only ended began before it", () => {
  const times = { start_time: "2026-01-01T00:00:02Z", end_time: "2026-01-01T00:00:03Z" };

  assert.equal(callOf({ ...times, duration_ms: 7 }).duration, 7);
  assert.equal(callOf({ ...times, end_time: "2026-01-01T00:00:01Z" }).duration, null);
  assert.equal(callOf({ end_time: times.end_time, duration_ms: 1000 }).start, Date.parse(times.start_time));
});

test("a log is said to carry no times only where it says none", () => {
  const said = (step: Sent): string => {
    const { groups } = told({ nodes: [step] }).debug;
    return guessesOf(groups, layOut(groups)) ?? "";
  };

  assert.match(said({ name: "a" }), /^This log carries no times:/);
  for (const time of [{ start: "noon" }, { latency: 3 }, { timing: { start_time: 1.5 } }])
    assert.match(said({ name: "a", ...time }), /^This log carries no times that are understood:/);
});

test("a result that says within itself that it is an error makes its call a failed one, with why", () => {
  const back = { content: [{ type: "text", text: "no such order" }], isError: true };

  for (const result of [back, { ...back, isError: false, type: "web_fetch_tool_error" }]) {
    const { debug, run } = told({ tool_calls: [{ name: "find", result }] });
    assert.deepEqual(
      debug.failures.map(({ part }) => [part.name, reasonOf(part, run?.errors ?? [])]),
      [["find", "no such order"]],
    );
  }
  assert.equal(callOf({ name: "find", result: { ...back, isError: false } }).failed, false);
});

test("why a step failed is told as tracing tools have it, and nothing of its status is lost", () => {
  const failed = { is_error: true, name: "call" };
  const why = (step: Sent): string => reasonOf(stepOf({ nodes: [{ ...failed, ...step }] }, "n1"), []);
  const status = { status_code: "ERROR", description: "429: slow down" };

  assert.equal(why({ status }), "429: slow down");
  assert.equal(why({ level: "ERROR", statusMessage: "429: slow down" }), "429: slow down");
  assert.deepEqual(stepOf({ nodes: [{ ...failed, status }] }, "n1").rest.status, status);
});
