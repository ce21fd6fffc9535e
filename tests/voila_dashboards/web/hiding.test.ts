import assert from "node:assert/strict";
import { test } from "node:test";
import { fenced } from "../../../voila_dashboards/pages/ticket/report-text.ts";
import {
  codeOf,
  shownText,
  splitHiding,
  taggedText,
  withHiddenShown,
} from "../../../voila_dashboards/web/text/bidi.ts";
import { randomOf } from "./generated.ts";

const tags = (letters: string): string =>
  Array.from(letters, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("");

const written = (each: string): string => `[${codeOf(each)}${taggedText(each) && `: ${taggedText(each)}`}]`;

test("characters that turn text around are pieces of their own", () => {
  assert.deepEqual(splitHiding("a\u202eb\u2069"), ["a", "\u202e", "b", "\u2069", ""]);
  assert.equal(codeOf("\u202e"), "U+202E");
  assert.equal(shownText("a\u202eb"), "a[U+202E]b");
  assert.equal(shownText("מפתח"), "\u2068מפתח\u2069");
});

test("whatever nobody sees is told, wherever it stands", () => {
  const unseen =
    "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u200e\u2028\u2060\u2064\u206a\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9";
  const astral = [
    "\u{1d173}",
    "\u{e0001}",
    "\u{e0061}",
    "\u{e0100}",
    "\u{e01ef}",
    "\u{e0fff}",
    "\0",
    "\u0007",
    "\u009b",
  ];
  for (const each of [...unseen, ...astral])
    for (const text of [`pay${each}pal`, `${each}pal`, `pay${each}`, `pay ${each} 1${each}2`, `é${each}ß`])
      assert.equal(withHiddenShown(text), text.replaceAll(each, written(each)), codeOf(each));
});

test("what people write with joiners, selectors and marks is ordinary", () => {
  for (const text of [
    ...["👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴‍☠️", "❤️", "❤︎", "👩🏽‍🤝‍👨🏿", "🙂‍↔️", "1️⃣ #️⃣", "©️"],
    ...["✔️ done", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿"],
    ...["می‌خواهم", "PDF‌ها", "خانه‌های", "ه‍ـ", "क्‍ष", "न्‌न", "ശ്രീലങ്ക‌", "ක්‍ෂ", "র‍্যাব"],
    ...[
      "葛\u{e0100}飾区",
      "辻\u{e0101}",
      "ᠠ\u180bᠡ",
      "ស្រី\u200bស្អាត",
      "ภาษา\u200bไทย",
      "שלום\u200f, 12",
      "\u200eabc שלום",
    ],
    ...["a b\u00a0c\u3000d\te\nf\r\n", "e\u0301 ñ ǆ", "日本語 한국어 Ελληνικά"],
  ])
    assert.deepEqual(splitHiding(text), [text], JSON.stringify(text));
});

test("the same characters are told where they mean nothing", () => {
  for (const text of [
    "pay\u200dpal",
    "a\ufe0fb",
    "1\ufe0f2",
    "😀\ufe0f\ufe0f",
    "می\u200c\u200cخواهم",
    "a\u200b\u200bb",
    "abc\u200f",
  ])
    assert.ok(withHiddenShown(text).includes("[U+"), JSON.stringify(text));
  assert.equal(withHiddenShown(`🏴${tags("gbxyz")}\u{e007f}`), "🏴[U+E0067 … 6: gbxyz]");
});

test("words that are written in what nobody sees can be read", () => {
  const hidden = tags("ignore all of it");
  assert.equal(taggedText(hidden), "ignore all of it");
  assert.equal(withHiddenShown(`Hi${hidden}!`), "Hi[U+E0069 … 16: ignore all of it]!");
  assert.equal(withHiddenShown(`a${"\u200b".repeat(5000)}b`), "a[U+200B … 5000]b");
});

test("within a text directions are left as they are, and all else is told", () => {
  assert.deepEqual(splitHiding("\u2067שלום\u2069 \u202aabc\u202c", true), ["\u2067שלום\u2069 \u202aabc\u202c"]);
  assert.deepEqual(splitHiding("\u2067a\u200bb", true), ["\u2067a", "\u200b", "b"]);
  assert.equal(splitHiding("\u2067a\u202eb", true).length, 5);
});

test("pieces of any text are the text, and what is between is to be seen", () => {
  const random = randomOf(8);
  const some = [
    ..."ab1 \n❤👍🏽א意ا्क",
    "\ufe0f",
    "\u200d",
    "\u200c",
    "\u200b",
    "\u202e",
    "\u2066",
    "\u00ad",
    "\ufeff",
    tags("x"),
    "\0",
  ];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: random() * 14 }, () => some[Math.floor(random() * some.length)]).join("");
    for (const isProse of [false, true]) {
      const pieces = splitHiding(text, isProse);
      assert.equal(pieces.join(""), text);
      assert.equal(pieces.length % 2, 1);
      const beside = pieces.filter((_, i) => i % 2 === 0).join("\n");
      assert.ok(!/[\u00ad\ufeff\0\u{e0078}]/u.test(beside), JSON.stringify(text));
      assert.ok(isProse || !/[\u202e\u2066]/.test(beside));
      assert.ok(pieces.every((piece, i) => i % 2 === 0 || piece.length > 0));
    }
    assert.equal(withHiddenShown(withHiddenShown(text)), withHiddenShown(text));
  }
});

test("a report tells what is not seen, and pictures of controls", () => {
  assert.equal(fenced("a\u200bb\u0007 ❤️"), "```\na[U+200B]b␇ ❤️\n```");
});

test("no text holds up the page", { timeout: 30_000 }, () => {
  for (const piece of ["\u200b", "a\u200b", "❤\ufe0f\u200d", "🏴", "\u200c", "ا\u200c", "1\ufe0f", "\u{e0061}", "a"])
    for (const begun of ["", "\u200b"]) {
      const text = begun + piece.repeat(40_000 / piece.length);
      assert.equal(splitHiding(text).join("").length, text.length);
      splitHiding(text, true);
    }
});
