import assert from "node:assert/strict";
import { test } from "node:test";
import { piecesOf } from "../../../voila_dashboards/web/text/pieces.ts";

const MOST = 16_000;

test("a short text is one piece", () => {
  for (const text of ["", "a", "a\nb", "x".repeat(MOST)]) assert.deepEqual(piecesOf(text), [text]);
});

test("pieces of lines are the text again, with an end of a line between two", () => {
  for (const line of ["", "one", "two words ", "\u{1f600}".repeat(90)]) {
    const text = `${line}\n`.repeat(Math.ceil(90_000 / (line.length + 1)));
    const pieces = piecesOf(text);
    assert.equal(pieces.join("\n"), text);
    assert.ok(pieces.length > 4 && pieces.every((piece) => piece.length <= MOST));
  }
});

test("what has no lines is cut behind a space, what has no spaces between two letters", () => {
  for (const word of ["word ", "\u{1f600}", "x\u{1f600}", "\u5b57"]) {
    const text = word.repeat(90_000 / word.length);
    const pieces = piecesOf(text);
    assert.equal(pieces.join(""), text);
    assert.ok(pieces.length > 4 && pieces.every((piece) => piece.length <= MOST && !/^[\udc00-\udfff]/.test(piece)));
    if (word === "word ") assert.ok(pieces.every((piece) => piece.endsWith(" ")));
  }
});
