/**
 * JSON without the loss of a digit: a number that JavaScript cannot hold, such as an id above 2^53, is kept as the
 * text that was sent. Within a parsed value it is a string that begins with a mark nobody outside can know.
 */

const MARK = `\u0000exact:${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${JSON.stringify(MARK).slice(1, -1).replace(/\\/g, "\\\\")}([-+.eE0-9]+)"`, "g");

/** Texts without so many digits in a row, or an exponent, hold no number that JavaScript would change. */
const SUSPICIOUS = /\d[\d.]{15}|\d[eE][-+]?\d{2}/;
/** A number as JSON writes it. */
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** No number shorter than this, `1e99`, is changed. */
const SHORTEST = 4;

/** What is not JSON. */
export const BROKEN: unique symbol = Symbol("not JSON");

/** The value that a JSON text holds; `otherwise` where it is not JSON, or no text. */
export function parseJson<T>(text: unknown, otherwise: T): unknown {
  if (typeof text !== "string") return otherwise;
  try {
    return JSON.parse(SUSPICIOUS.test(text) ? keepNumbers(text) : text);
  } catch {
    return otherwise;
  }
}

/** The number that a marked string stands for, as it was sent; null for every other text. */
export const exactText = (text: string): string | null => (text.startsWith(MARK) ? text.slice(MARK.length) : null);

/** A parsed value as JSON text again, its exact numbers included. */
export function jsonText(value: unknown, indent?: number): string {
  try {
    return (JSON.stringify(value, null, indent) ?? String(value)).replace(MARKED, "$1");
  } catch {
    return "(nested too deep to be written)"; // deeper than the engine's stack
  }
}

/** `text` with every number that JavaScript would change as a marked string. Numbers within strings are left alone. */
function keepNumbers(text: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    pieces.push(outside.length < SHORTEST ? outside : outside.replace(NUMBER, keep));
    if (quote < 0) break;
    at = endOfString(text, quote);
    pieces.push(text.slice(quote, at));
  }
  return pieces.join("");
}

/** The place behind the string that begins at `quote`. */
function endOfString(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length; // it does not end: the parser says so
}

const keep = (token: string): string => (isHeld(token) ? token : JSON.stringify(MARK + token));

/** Whether a number comes back from JavaScript with every digit it was sent with. */
function isHeld(token: string): boolean {
  const digits = digitsOf(token);
  if (digits.length < 16 && !/[eE]/.test(token)) return true;
  return Number.isFinite(Number(token)) && digitsOf(String(Number(token))) === digits;
}

/** The digits that count: `-0.0120e5` has `12`. */
function digitsOf(token: string): string {
  const digits = token
    .replace(/[eE].*$/, "")
    .replace(/[-.]/g, "")
    .replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end--; // /0+$/ would read every run of zeros to its end from each of its places
  return digits.slice(0, end);
}
