import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutColours } from "../../../voila_dashboards/web/text/colours.ts";
import { faceOf, isMarkdown } from "../../../voila_dashboards/web/text/faces.ts";
import { isLight } from "../../../voila_dashboards/web/text/light.ts";
import { BROKEN, exactText, parseJson } from "../../../voila_dashboards/web/values/exact.ts";

/** Beginnings of marks that never end, and what may repeat within them. */
const BEGUN = ["|", "|a|", "[", "[a](", "[a][", "`", "``", "**", "*a **", "_a", "~~a", "<a ", "<!--", "#", "1. ", "- "];
const WITHIN = ["", " ", "\n", "\t", " \n", "a", "-", ":", "\\", "\u001b]", "\u001b[0"];
/** Read in well under a second; by an expression that looks back from each place it took minutes. */
const LETTERS = 150_000;
const IN_A_MOMENT = { timeout: 30_000 };

test("no text of marks holds up what tells its face", IN_A_MOMENT, () => {
  for (const begun of BEGUN)
    for (const within of WITHIN) {
      const once = begun + (within || begun).repeat(LETTERS / (within || begun).length);
      for (const text of [`${once}x`, (begun + within).repeat(LETTERS / (begun + within).length)]) {
        isMarkdown(text);
        isLight(text);
        faceOf(text);
        withoutColours(text);
      }
    }
});

test("no number holds up the reading of JSON, and its digits are all there", IN_A_MOMENT, () => {
  const zeros = "0".repeat(LETTERS);
  for (const token of [`1${zeros}1`, `1.${zeros}1e5`, `-0.${zeros}1${zeros}1`])
    assert.equal(exactText(String((parseJson(`[${token}]`, BROKEN) as unknown[])[0])), token);
});

test("a text that Markdown's reader would not be done with is not given to it", () => {
  const letters = (piece: string, most: number): string => piece.repeat(most / piece.length);
  for (const piece of ["**a **x", "*a", "_a", "[", "![", "`a", "<a ", "~~ax", "> ", "|a", "- a\n", "#\n", "a\n\n"])
    assert.equal(isLight(letters(piece, 19_000)), false, piece);
  assert.equal(isLight(letters("word ", 25_000)), false);
});

test("what people and models write is", () => {
  const item = "- **Refund** of `order_7`: see [the rule](https://example.com/rules#7), *as asked*\n";
  const row = "| **Berlin** | `B-12` | [x](https://example.com) | <br> |\n";
  for (const text of [
    item.repeat(150),
    `|a|b|c|d|\n|-|-|-|-|\n${row.repeat(120)}`,
    "## Head\n\nWords.\n\n".repeat(400),
  ]) {
    assert.equal(isLight(text), true);
    assert.equal(isMarkdown(text), true);
  }
});

test("a table is one where cells stand above strokes", () => {
  for (const text of ["|a|b|\n|-|-|", "a | b\n---|:--:\n1 | 2", "x\n\n|a|\n| --- |\n|1|"])
    assert.equal(isMarkdown(text), true, text);
  for (const text of ["a|b\nc|d", "|a|\n\n\n|-x|", "a\n|-|", "either | or\n-----", "|a|"])
    assert.equal(isMarkdown(text), false, text);
});
