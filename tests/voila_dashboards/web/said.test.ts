/** What stands in place of a page whose session is over. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SESSION_ENDS } from "../../../voila_dashboards/web/generated/contract.ts";
import { isLeft, saidOf } from "../../../voila_dashboards/web/signed-in/said.ts";

const ADDRESS = "/tickets?q=a b&where=x>1";

test("every reason has words of its own, and a way on from the same address", () => {
  const said = SESSION_ENDS.map(saidOf);

  assert.equal(new Set(said.map(({ text }) => text)).size, SESSION_ENDS.length);
  for (const { title, action, href } of said) {
    assert.ok(title && action);
    assert.ok([ADDRESS, `/login?next=${encodeURIComponent(ADDRESS)}`].includes(href(ADDRESS)));
  }
});

test("a reason of a newer server, or none, is said in general", () => {
  for (const reason of ["", "tomorrow", "toString"]) assert.equal(saidOf(reason).title, "You are logged out");
});

test("who is not logged out keeps what was looked for", () => {
  assert.deepEqual(
    SESSION_ENDS.filter((reason) => !isLeft(reason)),
    ["unchecked"],
  );
});
