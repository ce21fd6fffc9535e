/** Moments, which are UTC epoch ms everywhere, in the words of the page. */

import { DASH } from "./numbers.ts";

const two = (n: number): string => String(n).padStart(2, "0");

/** A moment that a `Date` can hold. */
export const isMoment = (ms: unknown): ms is number => typeof ms === "number" && Math.abs(ms) <= 8.64e15;

/** `2026-11-23 14:03` in the browser's zone. */
export function localTime(ms: unknown, withSeconds = false): string {
  if (!isMoment(ms)) return DASH;
  const d = new Date(ms);
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? `:${two(d.getSeconds())}` : ""}`;
}

/** The browser's zone at that moment, such as `GMT+1`. */
export function zone(ms: unknown): string {
  const shape = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
  const parts = shape.formatToParts(new Date(isMoment(ms) ? ms : 0));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local time";
}

/** RFC 3339 in UTC; null for what is no moment. */
export const iso = (ms: unknown): string | null => (isMoment(ms) ? new Date(ms).toISOString() : null);

/** `2026-11-23 13:59:00 UTC`. */
export const utcTime = (ms: number): string =>
  `${new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z|Z/, "")} UTC`;

const DAY: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };

/** `2026-11-23`, the day on the clock of `zone`. */
export const dayIn = (ms: number, zone: string): string => writtenIn(zone, DAY, ms, "en-CA");

const formats = new Map<string, Intl.DateTimeFormat>();
/** A page has some shapes, and a tab a zone or two. */
const MOST_FORMATS = 40;

/** A moment in this shape on the clock of `zone`. What writes it is dear to make, and made once. */
export function writtenIn(zone: string, shape: Intl.DateTimeFormatOptions, ms: number, language = "en-US"): string {
  const key = JSON.stringify([language, zone, shape]);
  const known = formats.get(key);
  if (known) return known.format(ms);
  const made = new Intl.DateTimeFormat(language, { ...shape, timeZone: zone });
  if (formats.size === MOST_FORMATS) formats.clear();
  formats.set(key, made);
  return made.format(ms);
}

/** `14:03` today, else `2026-11-23 14:03`; in the browser's zone. */
export function shortTime(ms: unknown, nowMs: number): string {
  const [day, minute] = localTime(ms).split(" ");
  return minute && day === localTime(nowMs).split(" ")[0] ? minute : localTime(ms);
}
