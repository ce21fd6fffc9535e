import assert from "node:assert/strict";
import { test } from "node:test";
import { hrefOf, isPage, readUrl, statusList, statusParam } from "../../../voila_dashboards/web/session/addresses.ts";

const ORIGIN = "https://caselog.example";
const read = (path: string) => readUrl(new URL(path, ORIGIN), ORIGIN);

test("an address leaves out what is the default anyway", () => {
  assert.equal(hrefOf("overview", { range: "30d", client: "" }), "/");
  assert.equal(hrefOf("overview", { range: "7d", client: "acme" }), "/?range=7d&client=acme");
  assert.equal(hrefOf("tickets", { sort: "executed_at", dir: "desc", zone: "UTC", range: "all" }), "/tickets");
});

test("the direction that is left out is the one its column begins with", () => {
  assert.equal(hrefOf("tickets", { sort: "ticket_id", dir: "asc" }), "/tickets?sort=ticket_id");
  assert.equal(hrefOf("tickets", { sort: "ticket_id", dir: "desc" }), "/tickets?sort=ticket_id&dir=desc");
  assert.equal(hrefOf("tickets", { dir: "asc" }), "/tickets?dir=asc");
});

test("what stands in a path may be any text", () => {
  const href = hrefOf("ticket", { client_id: "acme", log_id: "a/b c%" });
  assert.equal(href, "/ticket/acme/a%2Fb%20c%25");
  assert.deepEqual(read(href), { page: "ticket", params: { client_id: "acme", log_id: "a/b c%" } });
});

test("an address is read back as the page and the parameters it was made of", () => {
  assert.deepEqual(read("/tickets?q=%26&after=x"), { page: "tickets", params: { q: "&", after: "x" } });
  assert.deepEqual(read("/ticket/acme/1?client_id=globex"), {
    page: "ticket",
    params: { client_id: "acme", log_id: "1" },
  });
});

test("what is no address of a page is left to the browser", () => {
  for (const path of ["/login", "/ticket/acme", "/ticket/acme/%E0%A4%A", "/tickets/", "/ticket/a/b/c"])
    assert.equal(read(path), null);
  assert.equal(readUrl(new URL("https://elsewhere.example/"), ORIGIN), null);
  assert.deepEqual([isPage("ticket"), isPage("toString"), isPage(null)], [true, false, false]);
});

test("a status may hold a comma or a percent sign", () => {
  const statuses = ["A,B", "50 %", "C"];
  assert.deepEqual(statusList(statusParam(statuses)), statuses);
  assert.deepEqual(statusList("%E0"), ["%E0"]);
});
