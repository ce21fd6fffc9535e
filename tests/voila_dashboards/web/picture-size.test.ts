import assert from "node:assert/strict";
import { test } from "node:test";
import { isDrawable, sizeOf } from "../../../voila_dashboards/web/values/picture-size.ts";

/** Beginnings of pictures of 300 by 40 pixels, as Pillow writes them. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  PNG: "iVBORw0KGgoAAAANSUhEUgAAASwAAAAoCAIAAADL",
  GIF: "R0lGODdhLAEoAIEA",
  JPEG: [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////",
    "////////////////////////2wBDAf//////////////////////////////////////////////////////////////////",
    "////////////////////wAARCAAoASwDASIAAhEBAxEB/8QA",
  ].join(""),
  "JPEG, progressive": [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////",
    "////////////////////////2wBDAf//////////////////////////////////////////////////////////////////",
    "////////////////////wgARCAAoASwDASIAAhEBAxEB/8QA",
  ].join(""),
  WebP: "UklGRlAAAABXRUJQVlA4IEQAAAAQBgCdASosASgAP83m8HM/uDMsoIgD8DmJaW7h",
  "WebP, lossless": "UklGRigAAABXRUJQVlA4TBsAAAAvK8EJAAdQgVQIIAAKmv7HBiAh/N8vRfQ/dQ8A",
  "WebP, extended": "UklGRk4AAABXRUJQVlA4IEIAAAAQBgCdASosASgAPm02mUmkIyKhIIgAgA2JaW7h",
  AVIF: [
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAA",
    "AAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAMgAAAChpaW5mAAAAAAABAAAAGmluZmUC",
    "AAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAABLAAAACgAAAAQcGl4aQAAAAADCAgIAAAA",
    "DGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAOm1kYXQSAAoJGCFlc7RAQ0Gh",
    "MiMX+8PCiu////FgAADPyinHlDuxtTZa4t9HKrhlgyf/91cjTA==",
  ].join(""),
};

for (const [kind, base64] of Object.entries(BEGINNINGS))
  test(`the size of a picture is read from its bytes: ${kind}`, () => {
    assert.deepEqual(sizeOf(base64), [300, 40]);
    assert.deepEqual(sizeOf(base64.replace(/.{7}/g, "$&\n ")), [300, 40]);
  });

test("what is cut, is no picture or says nothing of its size has none, and is not drawn", () => {
  for (const base64 of Object.values(BEGINNINGS))
    for (let letters = 0; letters < 24; letters++) assert.doesNotThrow(() => sizeOf(base64.slice(0, letters)));
  for (const text of ["", "====", "a", "iVBORw0KGgo=", btoa("<svg width='1' height='1'/>"), "/9j/".repeat(10_000)])
    assert.equal(isDrawable(sizeOf(text)), false, text.slice(0, 20));
});

test("a few bytes that unpack to more than a screen can show are not drawn", () => {
  const png = Uint8Array.from(atob(BEGINNINGS.PNG ?? ""), (each) => each.charCodeAt(0));
  const sized = (width: number, height: number): string => {
    new DataView(png.buffer).setUint32(16, width);
    new DataView(png.buffer).setUint32(20, height);
    return btoa(String.fromCharCode(...png));
  };

  assert.equal(isDrawable(sizeOf(sized(14_000, 14_000))), false);
  assert.equal(isDrawable(sizeOf(sized(2 ** 32 - 1, 2 ** 32 - 1))), false);
  assert.equal(isDrawable(sizeOf(sized(6000, 4000))), true);
});
