/** What a sender has put into a log beside the fields that have names. */

import { isRecord } from "../../web/text/labels.ts";

/** Of `sdk`: told elsewhere on the page, and of every log. */
const TOLD: readonly string[] = ["masked", "name", "version"];

/** The fields without what is told elsewhere on the page, and without who wrote the log. */
export function ownFields(extra: unknown): unknown {
  if (!isRecord(extra) || !isRecord(extra.sdk)) return extra;
  const { sdk: sent, ...own } = extra;
  const sdk = Object.fromEntries(Object.entries(sent as object).filter(([name]) => !TOLD.includes(name)));
  return Object.keys(sdk).length ? { ...own, sdk } : own;
}
