import assert from "node:assert/strict";
import { test } from "node:test";
import { label } from "../../../voila_dashboards/web/text/labels.ts";
import { num } from "../../../voila_dashboards/web/text/numbers.ts";
import { BROKEN, exactText, jsonText, parseJson } from "../../../voila_dashboards/web/values/exact.ts";

const again = (text: string): string => jsonText(parseJson(text, BROKEN));

test("numbers that JavaScript cannot hold come back with every digit", () => {
  for (const text of [
    "107505301260286111",
    "-9007199254740993",
    "0.12345678901234567890123",
    "1e400",
    "18446744073709551615",
  ])
    assert.equal(again(`{"id":${text},"more":[${text}]}`), `{"id":${text},"more":[${text}]}`);
});

test("numbers that it can hold are numbers", () => {
  assert.deepEqual(
    parseJson("[9007199254740991,1e21,0.1,1234567890.12345,100000000000000000000]", BROKEN),
    [9007199254740991, 1e21, 0.1, 1234567890.12345, 1e20],
  );
});

test("digits within a string stay a string, whatever stands before the quote", () => {
  const text = JSON.stringify({ "a\\": "107505301260286111", 'b\\"': '1e400 "107505301260286112" \\' });
  assert.equal(again(text), text);
  assert.deepEqual(parseJson(text, BROKEN), JSON.parse(text));
});

test("an exact number is shown as it was sent, and counts as a number", () => {
  const id = (parseJson('{"id": 107505301260286111}', BROKEN) as { id: string }).id;
  assert.equal(exactText(id), "107505301260286111");
  assert.equal(label(id), "107505301260286111");
  assert.equal(num(id), Number("107505301260286111"));
});

test("a text that looks like our mark is no number", () => {
  const forged = JSON.stringify({ id: "\u0000exact:guess:5" });
  assert.equal(exactText((parseJson(forged, BROKEN) as { id: string }).id), null);
  assert.equal(again(forged), forged);
});

test("what is not JSON is told apart from null", () => {
  assert.equal(parseJson("null", BROKEN), null);
  for (const text of ['{"a": NaN', '{"id": 107505301260286111', '"open', "1075053012602861111 2"])
    assert.equal(parseJson(text, BROKEN), BROKEN);
});

test("a text of seven megabytes with an id in it is read", () => {
  const long = '\\"line\\n'.repeat(1_000_000);
  const value = parseJson(`{"text":"${long}","id":107505301260286111}`, BROKEN) as { text: string; id: string };
  assert.equal(value.text.length, 6_000_000);
  assert.equal(label(value.id), "107505301260286111");
});

test("a value nested deeper than the engine's stack is said in words", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.match(jsonText(deep), /too deep/);
});
