import assert from "node:assert/strict";
import { test } from "node:test";
import { align } from "../../../voila_dashboards/pages/compare/align.ts";
import { isEqual, jsonDifference } from "../../../voila_dashboards/pages/compare/json.ts";
import { differenceOf, shortened, wordsOf } from "../../../voila_dashboards/pages/compare/words.ts";
import { parseJson } from "../../../voila_dashboards/web/values/exact.ts";

// ---------------------------------------------------------------- sequences

/** Numbers that are the same in each run of the tests. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const letters = (chance: () => number, most: number): string[] =>
  Array.from({ length: Math.floor(chance() * most) }, () => "abcd"[Math.floor(chance() * 4)] ?? "a");

/** The length of the longest common subsequence, by its definition. */
function longest(a: readonly string[], b: readonly string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const item of a) {
    const row = [0];
    b.forEach((other, j) => {
      row.push(item === other ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0));
    });
    above = row;
  }
  return above[b.length] ?? 0;
}

test("an alignment holds every item of both in order, pairs equal ones only, and as many as can be", () => {
  const chance = chances(7);
  for (let round = 0; round < 600; round++) {
    const [a, b] = [letters(chance, 14), letters(chance, 14)];
    for (const most of [1000, 2]) {
      const { pairs, isExact } = align(a, b, most);
      const places = (side: "left" | "right") => pairs.map((pair) => pair[side]).filter((place) => place >= 0);
      const equal = pairs.filter(({ left, right }) => left >= 0 && right >= 0);

      assert.deepEqual([places("left"), places("right")], [[...a.keys()], [...b.keys()]]);
      assert.ok(equal.every(({ left, right }) => a[left] === b[right]));
      if (isExact) assert.equal(equal.length, longest(a, b));
    }
  }
});

test("what differs too much for the best alignment is aligned by what comes next, and says so", () => {
  const a = Array.from({ length: 60_000 }, (_, i) => `a${i % 9}`);
  const b = a.flatMap((item, i) => (i % 5 ? [item] : [`b${i}`]));

  const { pairs, isExact } = align(a, b);

  assert.equal(isExact, false);
  assert.ok(pairs.filter(({ left, right }) => left >= 0 && right >= 0).length > 20_000);
});

// ---------------------------------------------------------------- texts

const marked = (left: string, right: string) =>
  differenceOf(left, right).lines.map(({ mark, text }) => `${{ same: " ", removed: "-", added: "+" }[mark]}${text}`);

test("texts differ line by line, and a changed line word by word", () => {
  assert.deepEqual(marked("one\ntwo\nthree", "one\n2\nthree\nfour"), [" one", "-two", "+2", " three", "+four"]);

  const { lines } = differenceOf("You get $20 back.", "You get $35 back.");
  assert.deepEqual(
    lines.map(({ pieces }) => pieces?.map(({ mark, text }) => `${mark} ${text}`)),
    [
      ["same You get $", "removed 20", "same  back."],
      ["same You get $", "added 35", "same  back."],
    ],
  );
});

test("words of scripts without spaces are told apart, and no letter is split", () => {
  const pieces = wordsOf("返金を承りました", "返品を承りました") ?? [];
  assert.equal(
    pieces
      .filter(({ mark }) => mark !== "added")
      .map(({ text }) => text)
      .join(""),
    "返金を承りました",
  );
  assert.ok(pieces.some(({ mark, text }) => mark === "same" && text.includes("承")));

  const faces = wordsOf(`${"x".repeat(40_000)}😀`, `${"x".repeat(40_000)}😁`) ?? [];
  assert.doesNotThrow(() => faces.map(({ text }) => encodeURIComponent(text))); // no half of a pair
});

test("lines that have nothing in common are not mixed", () => {
  assert.equal(wordsOf("Your parcel is late.", "Bitte warten Sie noch zwei Tage"), null);
  assert.deepEqual(
    differenceOf("a b c d", "w x y z").lines.map(({ pieces }) => pieces),
    [undefined, undefined],
  );
});

test("a line of many megabytes is cut to what differs", () => {
  const [left, right] = [
    `${"x".repeat(3_000_000)}old${"y".repeat(3_000_000)}`,
    `${"x".repeat(3_000_000)}new${"y".repeat(3_000_000)}`,
  ];

  const pieces = shortened(wordsOf(left, right) ?? []);

  assert.deepEqual(
    pieces.filter(({ mark }) => mark !== "same").map(({ text }) => text),
    ["old", "new"],
  );
  assert.ok(pieces.reduce((sum, { text }) => sum + text.length, 0) < 2000);
});

// ---------------------------------------------------------------- JSON

test("values differ key by key, at their paths", () => {
  const left = { order: { id: 7, state: "paid", "odd key": 1 }, gone: null, list: [1, 2, { a: 1 }] };
  const right = { order: { state: "open", id: 7, "odd key": 2 }, list: [0, 1, 2, { a: 2 }], come: [] };

  const { changes, same } = jsonDifference(left, right);

  assert.deepEqual(
    changes.map(({ kind, path, left: then, right: now }) => [kind, path, then, now]),
    [
      ["changed", "order.state", "paid", "open"],
      ["changed", 'order["odd key"]', 1, 2],
      ["removed", "gone", null, undefined],
      ["added", "list[0]", undefined, 0],
      ["changed", "list[2].a", 1, 2],
      ["added", "come", undefined, []],
    ].map((row) => (row[1] === "list[2].a" ? ["changed", "list[3].a", 1, 2] : row)),
  );
  assert.equal(same, 3);
});

test("an id of nineteen digits that differs in the last one differs", () => {
  const [left, right] = ["107505301260286111", "107505301260286112"].map((id) => parseJson(`{"id": ${id}}`, null));

  assert.equal(isEqual(left, right), false);
  assert.equal(jsonDifference(left, right).changes.length, 1);
});

test("keys of objects' own names are keys", () => {
  const [left, right] = ['{"__proto__": 1}', '{"__proto__": 2, "constructor": 1}'].map((text) => parseJson(text, null));

  assert.deepEqual(
    jsonDifference(left, right).changes.map(({ kind, path }) => [kind, path]),
    [
      ["changed", "__proto__"],
      ["added", "constructor"],
    ],
  );
});

test("deep and wide values are compared as far as it goes, and it is said that this is not all", () => {
  const deep = (end: string) => JSON.parse(`${"[".repeat(5000)}${end}${"]".repeat(5000)}`);
  assert.equal(jsonDifference(deep("1"), deep("2")).changes.length, 1);
  assert.equal(isEqual(deep("1"), deep("1")), true);

  const wide = (from: number) => Array.from({ length: 5000 }, (_, i) => ({ i: from + i * 2 }));
  const { changes, isCut } = jsonDifference(wide(0), wide(1));
  assert.equal(changes.length, 2000);
  assert.equal(isCut, true);

  const work = { left: 100 };
  assert.equal(jsonDifference(wide(0), wide(1), work).isCut, true);
});
