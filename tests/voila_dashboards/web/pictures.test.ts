import assert from "node:assert/strict";
import { test } from "node:test";
import { leadsToPicture, pictureIn } from "../../../voila_dashboards/web/values/picture-in.ts";

const PNG = `iVBORw0KGgo${"A".repeat(80)}=`;

test("pictures are told from other texts, by their address or by what they begin with", () => {
  assert.equal(pictureIn(`data:image/png;base64,${PNG}`), `data:image/png;base64,${PNG}`);
  assert.equal(pictureIn(PNG), `data:image/png;base64,${PNG}`);
  assert.equal(pictureIn(`/9j/${"A".repeat(40)}\n${"A".repeat(40)}`), `data:image/jpeg;base64,/9j/${"A".repeat(80)}`);
  for (const other of [
    "iVBORw0KGgo",
    `iVBORw0KGgo and ${"so on ".repeat(20)}!`,
    `/9j/${"a path/to-a_file.txt/".repeat(9)}`,
    `data:image/svg+xml;base64,${PNG}`,
    `data:text/html;base64,${PNG}`,
    `data:image/png;base64,${"<".repeat(80)}`,
    `https://elsewhere.test/${"a".repeat(80)}`,
    7,
    null,
    [PNG],
  ])
    assert.equal(pictureIn(other), null, JSON.stringify(other));
});

test("what leads to a picture in a few steps is told, whoever's shape it has", () => {
  const source = { type: "base64", media_type: "image/png", data: PNG };
  for (const value of [
    { type: "image", data: PNG, mimeType: "image/png" },
    [{ type: "image", source }],
    { content: [{ type: "image_url", image_url: `data:image/png;base64,${PNG}` }] },
  ])
    assert.equal(leadsToPicture(value), true, JSON.stringify(value).slice(0, 60));
  for (const value of [{ a: { b: { c: { d: PNG } } } }, Array(5000).fill(PNG), { data: "no" }, [], null, "no"])
    assert.equal(leadsToPicture(value), false);
});
