/** What a step holds, by the names that readers see, in the order in which every page and report tells it. */

import type { Part } from "./trace.ts";

const ERROR = ["Error", "error"] as const;
const VALUE = ["Value", "value"] as const;

/** The name of each field that has a place of its own, and what the log calls it. */
export const STEP_FIELDS = {
  node: [ERROR, ["Input", "input"], ["Output", "output"], ["Attributes", "attributes"], VALUE],
  iteration: [
    ["Given to the model", "input"],
    ERROR,
    ["Thought", "thought"],
    ["Action", "action"],
    VALUE,
    ["Observation", "observation"],
    ["Model", "model"],
  ],
  "tool call": [ERROR, ["Arguments", "arguments"], ["Result", "result"], VALUE],
  group: [],
} as const satisfies Readonly<Record<Part["kind"], readonly (readonly [string, string])[]>>;

/** Each of them with its value, blank ones too; what has no place of its own is under the last name. */
export const fieldsOf = ({ kind, raw, rest }: Part): [string, unknown][] => [
  ...STEP_FIELDS[kind].map(([name, field]): [string, unknown] => [name, raw[field]]),
  ["Other fields", rest],
];
