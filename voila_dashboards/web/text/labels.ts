/** Texts of values that ought to be text, but may be anything: a log's sender decides. */

import { exactText, jsonText } from "../values/exact.ts";
import { DASH } from "./numbers.ts";

export const clip = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

/** A value in one line; `otherwise` where there is none. */
export function label(value: unknown, otherwise = DASH): string {
  if (value === null || value === undefined || value === "") return otherwise;
  if (typeof value === "string") return exactText(value) ?? value;
  return typeof value === "object" ? clip(jsonText(value), 120) : String(value);
}

/** The first words of a value of any shape: of an object, what names it. */
export function firstWords(value: unknown): string {
  if (isBlank(value)) return "";
  const named = isRecord(value) ? (value.name ?? value.tool ?? value.type ?? value) : value;
  return clip(label(named).replace(/\s+/g, " "), 110);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Nothing, an empty text, or an object without members. */
export const isBlank = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);
