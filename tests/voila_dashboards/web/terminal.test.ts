import assert from "node:assert/strict";
import { test } from "node:test";
import { hitsOf, placesOf } from "../../../voila_dashboards/pages/ticket/find.ts";
import { fenced } from "../../../voila_dashboards/pages/ticket/report-text.ts";
import { overwrites } from "../../../voila_dashboards/web/text/colours.ts";
import { fold } from "../../../voila_dashboards/web/text/fold.ts";
import { asWritten, endOf, searchable } from "../../../voila_dashboards/web/text/terminal.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { randomOf } from "./generated.ts";

const ESC = "\u001b";
const shown = (text: string): string => endOf(text).text;

test("a line that is written over is shown as it is at the end, and how much is gone is told", () => {
  assert.deepEqual(endOf("10%\r50%\r100%"), { text: "100%", overwritten: 6 });
  assert.deepEqual(endOf("get\n10%\r50%\r100%\ndone\n"), { text: "get\n100%\ndone\n", overwritten: 6 });
  assert.deepEqual(endOf("abcdef\rxy\n"), { text: "xycdef\n", overwritten: 2 });
  assert.deepEqual(endOf("abx\bc"), { text: "abc", overwritten: 1 });
  assert.deepEqual(endOf("a\b\b\bb"), { text: "b", overwritten: 1 });
});

test("what a terminal is told beside that is done", () => {
  assert.equal(shown(`${ESC}[32m10%${ESC}[0m\r${ESC}[K${ESC}[32mok${ESC}[0m\n`), "ok\n");
  assert.equal(shown(`long line\r${ESC}[2Kx\n`), "x\n");
  assert.equal(shown(`a: 1\nb: 1\n${ESC}[2Aa: 2\n${ESC}[1Bend`), "a: 2\nb: 1\nend");
  assert.equal(shown(`abc${ESC}[2DX${ESC}[1GY`), "YXc");
  assert.equal(shown(`\ne\u0301tat\re\u0301`), "\ne\u0301tat");
  assert.equal(shown("👍👍\r👎"), "👎👍");
});

test("ends of lines of any system write over nothing", () => {
  for (const text of ["a\r\nb\r\n", "a\r\r\nb", "a\n\r", "a\r"]) {
    assert.equal(overwrites(text), false, JSON.stringify(text));
    assert.deepEqual(endOf(text), { text, overwritten: 0 });
  }
  assert.deepEqual(endOf("Dear Ann,\ryour money is on its way.\rBest"), {
    text: "Dear Ann,\nyour money is on its way.\nBest",
    overwritten: 0,
  });
});

test("all that was written stays within reach", () => {
  assert.equal(asWritten("10%\r50%\r\n100%"), "10%\n50%\r\n100%");
});

/** What a grid of letters shows, letter by letter; spaces at ends of rows left out. */
function onGrid(text: string): string {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  for (const letter of text) {
    if (letter === "\n") [row, column] = [row + 1, 0];
    else if (letter === "\r") column = 0;
    else if (letter === "\b") column = Math.max(0, column - 1);
    else {
      rows[row] ??= [];
      (rows[row] as string[])[column] = letter;
      column++;
    }
    rows[row] ??= [];
  }
  return rows
    .map((each) =>
      Array.from(each, (letter) => letter ?? " ")
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

const letters = (text: string): number => [...text].filter((letter) => !/[\s\b]/.test(letter)).length;

test("whatever is written, what is shown is what a grid shows, and nothing is lost unsaid", () => {
  const random = randomOf(12);
  const pieces = ["\r", "\n", "\b", "\r\n", "a", "bc", " ", "  ", "50%", "ü", "👍", "####"];
  for (let round = 0; round < 4000; round++) {
    const length = Math.floor(random() * 25);
    const text = `\n${Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("")}`;
    if (!overwrites(text)) continue;
    const { text: end, overwritten } = endOf(text);
    assert.equal(end.replace(/ +$/gm, ""), onGrid(text), JSON.stringify(text));
    assert.equal(overwritten, letters(text) - letters(end), JSON.stringify(text));
  }
});

test("no output holds up the page", { timeout: 30_000 }, () => {
  const once = [
    "\r",
    "\b",
    "a\b",
    "a\r",
    `a${ESC}[A`,
    "\n\r",
    `${ESC}[999999999C`,
    `\r${ESC}[2K`,
    `\r${ESC}[K`,
    "\r\r",
  ];
  const more = [`${ESC}]`, `${ESC}[0`, `\n${ESC}[2000Cx`, `x${ESC}[1G`, `\n${ESC}[9999999A`, `${"a".repeat(999)}\r`];
  for (const piece of [...once, ...more])
    for (const begun of ["", "x".repeat(100_000)]) {
      const text = begun + piece.repeat(100_000 / piece.length);
      assert.ok(endOf(text).text.length <= text.length * 2 + 2000, JSON.stringify(piece));
      searchable(text);
      asWritten(text);
    }
});

test("a search finds what is shown and what was written over, whatever its colour", () => {
  const output = `${ESC}[31mre${ESC}[0md\nload 10%\rdone\n`;
  const run = readTrace({ messages: [{ role: "tool", content: output }], nodes: [{ name: "n", output }] });
  const places = placesOf(turnsOf(run.messages), run.groups);
  for (const words of ["red", "done 10%", "load 10%"])
    assert.equal(hitsOf(places, [fold(words)]).hits.length, 2, words);
  assert.equal(hitsOf(places, [fold("load done")]).hits.length, 0);
});

test("a report says what a terminal showed at the end, and that some of it was written over", () => {
  assert.equal(fenced("10%\r50%\r100%\n"), "```\n100%\n\n(6 letters of this output written over)\n```");
  assert.equal(fenced("a\r\nb"), "```\na\nb\n```");
});
