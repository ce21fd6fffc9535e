/** What a ticket's page shows beside turns and steps, as text to search in. */

import type { Log } from "../../web/generated/contract.ts";
import { label } from "../../web/text/labels.ts";
import type { Run } from "../../web/trace/trace.ts";
import { BROKEN, parseJson } from "../../web/values/exact.ts";
import { plainText } from "../../web/values/plain-text.ts";
import { maskedOf } from "./masked.ts";
import { ownFields } from "./own-fields.ts";

/** A part of the page; the element that shows it has the name as `data-section`. */
export interface Section {
  name: SectionName;
  text: string;
}

export type SectionName = "head" | "final" | "others" | "errors" | "metrics" | "own" | "masked";

/** In the order of the page. */
export function sectionsOf(log: Log, run: Run | null): Section[] {
  const extra = parseJson(log.extra, null);
  const named = [log.ticket_id, log.client_id, log.status, log.category, log.workflow_version, log.environment];
  const errors = (run?.errors ?? []).map((error) => plainText(error));
  const told: [SectionName, string][] = [
    ["head", [...named, log.log_id].map((each) => label(each, "")).join("\n")],
    ["final", plainText(run?.final)],
    ["others", run ? run.unknown.map((each) => plainText(each)).join("\n") : ""],
    ...errors.map((text): [SectionName, string] => ["errors", text]),
    ["metrics", plainText(shown(log.metrics))],
    ["own", plainText(ownFields(extra))],
    ["masked", plainText(maskedOf(extra))],
  ];
  return told.filter(([, text]) => text).map(([name, text]) => ({ name, text }));
}

function shown(metrics: unknown): unknown {
  const read = parseJson(metrics, BROKEN);
  return read === BROKEN ? metrics : read;
}
