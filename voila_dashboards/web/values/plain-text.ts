/** All that a value holds as text to search in: names and values as they are shown, not as JSON escapes them. */

import { exactText, parseJson } from "./exact.ts";

/** Longer texts that hold a picture are no words. */
const SHORTEST_PICTURE = 64;

export function plainText(value: unknown): string {
  const told: string[] = [];
  const left: unknown[] = [value];
  while (left.length) {
    const each = left.pop();
    if (typeof each === "string") addText(each, told, left);
    else if (typeof each !== "object" || each === null) told.push(String(each ?? ""));
    else {
      if (!Array.isArray(each)) for (const name of Object.keys(each)) told.push(name);
      for (const inner of Object.values(each).reverse()) left.push(inner);
    }
  }
  return told.join("\n");
}

/** Text that holds JSON is shown as the JSON it holds. */
function addText(text: string, told: string[], left: unknown[]): void {
  const held = /^\s*[[{]/.test(text) ? parseJson(text, null) : null;
  if (typeof held === "object" && held !== null) left.push(held);
  else if (text.length < SHORTEST_PICTURE || !text.startsWith("data:image/")) told.push(exactText(text) ?? text);
}
