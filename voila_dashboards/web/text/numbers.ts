/** Numbers, sizes and lengths of time in the words of the page. */

import { exactText } from "../values/exact.ts";

export const DASH = "–";

const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A finite number, also from numeric text; null otherwise. */
export function num(value: unknown): number | null {
  const text = typeof value === "string" ? (exactText(value) ?? value) : null;
  const number = text === null || text.trim() === "" ? value : Number(text);
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** A number in words by `write`, a dash where there is none. */
const written = (value: unknown, write: (number: number) => string): string => {
  const number = num(value);
  return number === null ? DASH : write(number);
};

export const count = (value: unknown): string => written(value, (n) => integers.format(n));

export const short = (value: unknown): string =>
  written(value, (n) => (n < 10000 ? integers.format(n) : compact.format(n)));

/** A share in percent: never rounded to all where it is less, nor to nothing where it is more. */
export const percent = (share: unknown, digits = 1): string =>
  written(share, (n) => {
    const text = (n * 100).toFixed(digits).replace(/\.0$/, "");
    if (text === "100" && n < 1) return `> ${100 - 10 ** -digits} %`;
    return `${text === "0" && n > 0 ? `< ${10 ** -digits}` : text} %`;
  });

export const money = (value: unknown): string =>
  written(value, (usd) => {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: Math.abs(usd) < 1 ? 4 : 2 };
    return `$${usd.toLocaleString("en-US", digits)}`;
  });

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  return n < 1048576 ? `${(n / 1024).toFixed(1)} KB` : `${(n / 1048576).toFixed(1)} MB`;
}

/** Milliseconds as a person says them: 850 ms, 17.3 s, 2 m 5 s, 1 h 3 m. */
export const duration = (ms: unknown): string => written(ms, (n) => (n < 59950 ? shortDuration(n) : longDuration(n)));

export const seconds = (value: unknown): string => written(value, (n) => duration(n * 1000));

function shortDuration(ms: number): string {
  if (ms < 1) return ms > 0 ? "< 1 ms" : "0 s";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const text = ms < 9950 ? (ms / 1000).toFixed(2).replace(/\.?0+$/, "") : (ms / 1000).toFixed(1).replace(/\.0$/, "");
  return `${text} s`;
}

function longDuration(ms: number): string {
  const all = Math.round(ms / 1000);
  if (all < 3600) return both(Math.floor(all / 60), "m", all % 60, "s");
  const minutes = Math.round(all / 60);
  if (minutes < 2880) return both(Math.floor(minutes / 60), "h", minutes % 60, "m");
  return minutes < 1440 * 36525 ? `${(minutes / 1440).toFixed(1)} days` : "over 100 years";
}

const both = (big: number, unit: string, small: number, part: string): string =>
  small ? `${big} ${unit} ${small} ${part}` : `${big} ${unit}`;
