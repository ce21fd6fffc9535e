/** Texts of a log as they stand in a report: in fences longer than any of their own. */

import { withHiddenShown } from "../../web/text/bidi.ts";
import { withoutColours } from "../../web/text/colours.ts";
import { clip, label } from "../../web/text/labels.ts";
import { count, plural } from "../../web/text/numbers.ts";
import { endOf } from "../../web/text/terminal.ts";
import { exactText, jsonText } from "../../web/values/exact.ts";

/** A longer text is cut, and says so. */
const LONGEST_TEXT = 20_000;

/** Text within a line, as code: with as many ticks around it as it takes. */
export function code(value: unknown): string {
  const text = clip(legible(label(value).slice(0, 2000)).replace(/\s+/g, " "), 200);
  const ticks = "`".repeat(longestRun(text, /`+/g) + 1);
  return ticks.length > 1 ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
}

export function fenced(written: string, kind = ""): string {
  const { text, overwritten } = endOf(written);
  const left = text.length - LONGEST_TEXT;
  const told = [
    left > 0 && `… (${count(left)} more letters)`,
    overwritten > 0 && `(${plural(overwritten, "letter")} of this output written over)`,
  ].filter(Boolean);
  const shown = legible([text.slice(0, LONGEST_TEXT), ...told].join("\n"));
  const fence = "`".repeat(Math.max(3, longestRun(shown, /`+/g) + 1));
  return `${fence}${kind}\n${shown}\n${fence}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Without what tells a terminal or an editor to do something: colours are gone, other such letters are shown. */
const legible = (text: string): string =>
  withHiddenShown(withoutColours(text.replace(/\r\n/g, "\n")).replace(CONTROLS, pictureOf));

const pictureOf = (control: string): string =>
  String.fromCharCode(control === "\u007f" ? 0x2421 : 0x2400 + control.charCodeAt(0));

const longestRun = (text: string, runs: RegExp): number =>
  (text.match(runs) ?? []).reduce((most, run) => Math.max(most, run.length), 0);

/** Bytes of a picture as base64: on paper nobody reads them. */
const PICTURE = /(?:data:image\/[\w.+-]+;base64,|iVBORw0KGgo|\/9j\/4|R0lGOD|UklGR)[A-Za-z0-9+/=]{40,}/g;

/** A value as text, without the bytes of pictures; whatever it is, something is said. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "(none)";
  const text = typeof value === "string" ? (exactText(value) ?? value) : jsonText(value, 2);
  return text.replace(PICTURE, (bytes) => `(a picture, ${count(bytes.length)} letters of base64)`);
}
