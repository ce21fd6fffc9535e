import assert from "node:assert/strict";
import { test } from "node:test";
import { columnDays, columnName, longColumnName, niceStep } from "../../../voila_dashboards/pages/overview/columns.ts";
import { ordered } from "../../../voila_dashboards/pages/overview/orders.ts";
import {
  conditionList,
  conditionText,
  withCondition,
  withoutCondition,
} from "../../../voila_dashboards/pages/tickets/conditions.ts";
import type { GroupFigures, GroupRow } from "../../../voila_dashboards/web/generated/contract.ts";
import { change } from "../../../voila_dashboards/web/text/changes.ts";
import { clientName, clientTitle } from "../../../voila_dashboards/web/text/clients.ts";
import { clip, firstWords, isBlank, label } from "../../../voila_dashboards/web/text/labels.ts";
import { complete } from "../../../voila_dashboards/web/text/losses.ts";
import {
  bytes,
  count,
  duration,
  money,
  num,
  percent,
  plural,
  seconds,
  short,
} from "../../../voila_dashboards/web/text/numbers.ts";
import { statusKind } from "../../../voila_dashboards/web/text/statuses.ts";
import { dayIn, isMoment, utcTime } from "../../../voila_dashboards/web/text/times.ts";
import { randomOf } from "./generated.ts";

test("lengths of time are said as people say them", () => {
  const said = [0, 0.4, 850, 999.6, 1234, 17_340, 59_949, 59_951, 125_000, 3_599_600, 3_780_000, 200_000_000, 4e12];
  assert.deepEqual(said.map(duration), [
    "0 s",
    "< 1 ms",
    "850 ms",
    "1 s",
    "1.23 s",
    "17.3 s",
    "59.9 s",
    "1 m",
    "2 m 5 s",
    "1 h",
    "1 h 3 m",
    "2.3 days",
    "over 100 years",
  ]);
  assert.deepEqual([seconds(2.5), seconds(null), duration("x"), duration(Number.NaN)], ["2.5 s", "–", "–", "–"]);
});

test("a number is one also as text, and nothing else is", () => {
  assert.deepEqual([5, "5.5", " 7 ", "", " ", "x", null, true, Number.POSITIVE_INFINITY, {}].map(num), [
    5,
    5.5,
    7,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("amounts are short where they are big, and exact where they are small", () => {
  assert.deepEqual([count(1234567), short(9999), short(1234567)], ["1,234,567", "9,999", "1.2M"]);
  assert.deepEqual([percent(0.5), percent(0.123), percent(0.9941, 0)], ["50 %", "12.3 %", "99 %"]);
  assert.deepEqual([money(0.0042), money(12), money(null)], ["$0.0042", "$12.00", "–"]);
  assert.deepEqual([bytes(1023), bytes(2048), bytes(41_943_040)], ["1023 B", "2.0 KB", "40.0 MB"]);
  assert.deepEqual(
    [plural(1, "log"), plural(2, "log"), plural(0, "entry", "entries")],
    ["1 log", "2 logs", "0 entries"],
  );
});

test("a share is never rounded to everything nor to nothing", () => {
  assert.deepEqual([complete(1e6, 1), complete(1, 1e9), complete(7, 0)], ["> 99.9 %", "< 0.1 %", "100 %"]);
  assert.deepEqual([percent(0.9999), percent(0.0001), percent(1), percent(0)], ["> 99.9 %", "< 0.1 %", "100 %", "0 %"]);
  assert.deepEqual([percent(0.996, 0), percent(0.004, 0)], ["> 99 %", "< 1 %"]);
  assert.deepEqual(
    [percent(1.5), percent(-0.2), percent("0.99999"), percent(null)],
    ["150 %", "-20 %", "> 99.9 %", "–"],
  );
  const random = randomOf(3);
  for (let round = 0; round < 5000; round++) {
    const share = random() < 0.5 ? random() ** 9 : 1 - random() ** 9;
    for (const digits of [0, 1]) {
      const [, sign, number] = /^([<>] )?([\d.]+) %$/.exec(percent(share, digits)) ?? [];
      const off = share * 100 - Number(number);
      assert.ok(sign ? (sign === "< " ? off < 0 : off > 0) : Math.abs(off) <= 0.5 * 10 ** -digits + 1e-9);
      assert.equal(number === "100" || number === "0", share === 1 || share === 0);
    }
  }
});

test("a change says its direction, its size, and whether it is for the better", () => {
  assert.deepEqual(change(110, 100, 1), { text: "▲ 10.0 %", tone: "cl-good" });
  assert.deepEqual(change(90, 100, 1), { text: "▼ 10.0 %", tone: "cl-bad" });
  assert.deepEqual(change(0.5, 0.4, 1, true), { text: "▲ 10.0 points", tone: "cl-good" });
  assert.deepEqual(change(100, 100, -1), { text: "", tone: "" });
  assert.deepEqual(change(0.9999, 1, 1, true), { text: "▼ < 0.1 points", tone: "cl-bad" });
  assert.deepEqual(change(0.1 + 0.2, 0.3, 1), { text: "", tone: "" });
  assert.deepEqual(change(581, 1, 0), { text: "▲ ×581", tone: "" });
  assert.equal(change(5, 0, 1), null);
});

test("any value has a label", () => {
  assert.deepEqual([label(null), label(""), label(0), label({ a: 1 }), label("x")], ["–", "–", "0", '{"a":1}', "x"]);
  assert.equal(firstWords({ type: "tool\n use" }), "tool use");
  assert.deepEqual([isBlank({}), isBlank([]), isBlank(0), isBlank(false)], [true, true, false, false]);
  assert.equal(clip("abcdef", 4), "abc…");
});

test("statuses of one's own keep their colours, and share none while there are enough", () => {
  const own = ["A", "B", "C", "D", "E"];
  assert.equal(new Set(own.map((each) => statusKind(each, own))).size, 5);
  assert.equal(statusKind("A", own), statusKind("A", [...own].reverse()));
  assert.deepEqual(
    ["SUCCESS", "FAILED", "ESCALATED"].map((each) => statusKind(each)),
    ["success", "failed", "escalated"],
  );
  assert.equal(statusKind("toString").startsWith("own"), true);
});

test("colours of one list are shared out once, and none of its statuses twice", () => {
  let asked = 0;
  const own = new Proxy(["E", "SUCCESS", "D", "C", "B", "A", "F", "A"], {
    get: (list, name) => {
      if (name === "filter") asked += 1;
      return Reflect.get(list, name);
    },
  });

  const kinds = own.map((each) => statusKind(each, own));

  assert.equal(asked, 1);
  assert.equal(new Set(["A", "B", "C", "D", "E"].map((each) => kinds[own.indexOf(each)])).size, 5);
  assert.equal(kinds[5], kinds[7]);
  assert.equal(statusKind("ABSENT", own), "other");
});

test("what writes moments in a zone is made once, and some of it is kept", () => {
  const { DateTimeFormat } = Intl;
  const zones = Intl.supportedValuesOf("timeZone").slice(0, 60);
  let made = 0;
  class Counted extends DateTimeFormat {
    constructor(...given: ConstructorParameters<typeof DateTimeFormat>) {
      super(...given);
      made += 1;
    }
  }

  Intl.DateTimeFormat = Counted as typeof DateTimeFormat;
  for (let i = 1; i < 50; i += 1) dayIn(Date.UTC(2026, 0, i), "Asia/Kathmandu");
  Intl.DateTimeFormat = DateTimeFormat;

  assert.equal(made, 1);
  const days = zones.map((zone) => dayIn(Date.UTC(2026, 0, 1), zone));

  assert.deepEqual(new Set(days.map((day) => day.slice(0, 5))), new Set(["2025-", "2026-"]));
  assert.equal(dayIn(Date.UTC(2026, 0, 1, 18, 30), "Asia/Kathmandu"), "2026-01-02");
});

test("columns know their first and last day on the clock of their zone", () => {
  const january = Date.UTC(2024, 0, 1);
  assert.deepEqual(columnDays(january, "day", "UTC"), { from: "2024-01-01", to: "2024-01-01" });
  assert.deepEqual(columnDays(january, "week", "UTC"), { from: "2024-01-01", to: "2024-01-07" });
  assert.deepEqual(columnDays(Date.UTC(2024, 1, 1), "month", "UTC"), { from: "2024-02-01", to: "2024-02-29" });
  assert.deepEqual(columnDays(january, "year", "UTC"), { from: "2024-01-01", to: "2024-12-31" });
  const night = Date.UTC(2026, 10, 22, 23);
  assert.deepEqual(columnDays(night, "day", "Europe/Berlin"), { from: "2026-11-23", to: "2026-11-23" });
  assert.deepEqual(columnDays(night, "hour", "America/Los_Angeles"), { from: "2026-11-22", to: "2026-11-22" });
  assert.equal(longColumnName(january, "week", "UTC"), "Week of Jan 1, 2024");
  assert.equal(columnName(night, "hour", "Europe/Berlin"), "00:00");
  assert.deepEqual([niceStep(0.2), niceStep(3), niceStep(70), niceStep(0.03, 0.001)], [1, 5, 100, 0.05]);
});

test("a condition is set once for a name and an operator, and said in words", () => {
  const one = withCondition("", "hallucination_risk", ">", "0.5");
  const two = withCondition(one, "own, metric", "<=", "3");
  assert.equal(two, "hallucination_risk>0.5,own%2C metric<=3");
  assert.equal(withCondition(two, "hallucination_risk", ">", "0.7"), "own%2C metric<=3,hallucination_risk>0.7");
  assert.equal(withCondition(two, "hallucination_risk", ">=", "0.7"), `${two},hallucination_risk>=0.7`);
  assert.equal(withoutCondition(two, one), "own%2C metric<=3");
  assert.deepEqual(conditionList(two).map(conditionText), ["hallucination risk > 0.5", "own, metric ≤ 3"]);
});

const figures = (tickets: number, successes: number): GroupFigures => ({
  ...{ tickets, successes, failures: 0, escalations: 0, errors: 0 },
  ...{ avg_seconds: null, cost_usd: null, lost: 0, failed_calls: 0 },
});

test("groups are sorted by what changed, and what cannot be compared is last", () => {
  const rows: GroupRow[] = [
    { name: "new", current: figures(9, 9), previous: figures(0, 0) },
    { name: "better", current: figures(10, 9), previous: figures(10, 5) },
    { name: "worse", current: figures(4, 1), previous: figures(4, 4) },
  ];
  assert.deepEqual(
    ordered(rows, "success_fell").map((row) => row.name),
    ["worse", "better", "new"],
  );
  assert.deepEqual(
    ordered(rows, "tickets").map((row) => row.name),
    ["better", "new", "worse"],
  );
});

test("moments are said in UTC where they are not local", () => {
  assert.equal(utcTime(Date.UTC(2026, 10, 23, 13, 59)), "2026-11-23 13:59:00 UTC");
  assert.deepEqual([dayIn(0, "UTC"), dayIn(0, "America/New_York")], ["1970-01-01", "1969-12-31"]);
  assert.deepEqual([isMoment(9e15), isMoment("1")], [false, false]);
});

test("a client is called by its name, and by its id where it has none", () => {
  const names = { acme: "Acme Retail" };
  assert.deepEqual(
    ["acme", "globex", "constructor"].map((id) => clientName(names, id)),
    ["Acme Retail", "globex", "constructor"],
  );
  assert.deepEqual([clientTitle(names, "acme"), clientTitle(names, "globex")], ["Acme Retail (acme)", "globex"]);
});
