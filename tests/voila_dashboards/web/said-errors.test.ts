/** What an error says, by the cases of the tables: `tests/lake/said_errors.json`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { entrySays, readSaid, resultSays, type Said } from "../../../voila_dashboards/web/trace/said-errors.ts";

type Case = [unknown, string | null, string | null];
const CASES: Record<string, Case[]> = JSON.parse(
  readFileSync(new URL("../../lake/said_errors.json", import.meta.url), "utf8"),
);

const READERS: Record<string, (value: unknown) => Said> = {
  errors: readSaid,
  results: resultSays,
  entries: (entry) => entrySays(entry as Record<string, unknown>),
};

for (const [name, read] of Object.entries(READERS)) {
  test(`the page reads ${name} as the tables do`, () => {
    const cases = CASES[name] ?? [];

    assert.ok(cases.length > 5);
    for (const [value, type, message] of cases) assert.deepEqual(read(value), { type, message }, JSON.stringify(value));
  });
}
