/** Pictures of the log's own bytes; one from elsewhere is named, and never asked for. */

import { label } from "../text/labels.ts";
import { pictureIn as srcOf } from "../values/picture-in.ts";
import type { Block } from "./blocks.ts";
import { restBlock } from "./blocks.ts";
import type { Fields } from "./fields.ts";

/** Null where `text` is no picture. */
export function pictureIn(text: string): Block[] | null {
  const src = srcOf(text);
  return src === null ? null : [{ kind: "picture", src }];
}

export function picture(outer: Fields): Block[] {
  const whole = outer.rest;
  const fields = outer.inside("imageurl", "image", "inlinedata").inside("source");
  fields.take("type", "sourcetype");
  const data = label(
    fields.takeText("data", "base64", "base64image", "bytes", "image", "imageurl", "url", "datauri", "uri"),
    "",
  );
  const format = fields.take("mediatype", "mimetype", "imagemimetype", "format");
  const media = typeof format === "string" ? format.replace(/^(?!.*\/)/, "image/") : "";
  const src = data.startsWith("data:") || !media ? data : `data:${media};base64,${data}`;
  const found = pictureIn(src) ?? pictureIn(data);
  if (found) return [...found, ...restBlock(fields.rest)];
  const value = src.startsWith("data:") ? `${src.slice(0, 60)}…` : whole;
  return [
    { kind: "other", name: "picture, not shown", value },
    ...restBlock(src.startsWith("data:") ? fields.rest : {}),
  ];
}
