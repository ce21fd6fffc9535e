/** Messages as they were sent, without what is another in every run: ids, times, and what was counted. Pure. */

import { isRecord } from "../../web/text/labels.ts";
import { bytes } from "../../web/text/numbers.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { parseJson } from "../../web/values/exact.ts";

type Messages = readonly Record<string, unknown>[];

/** Fields that name a message or a call or say when it was; without `_`, in small letters. Other ids are content. */
const OF_ONE_RUN = new Set([
  ...["id", "uuid", "callid", "toolcallid", "toolcallids", "tooluseid", "itemid", "parentid", "threadid", "sessionid"],
  ...["messageid", "runid", "spanid", "traceid", "requestid", "responseid", "systemfingerprint", "logprobs"],
  ...["timestamp", "created", "createdat", "updatedat", "startedat", "endedat", "finishedat"],
  ...["duration", "durationms", "latency", "latencyms", "cost", "costusd", "usagemetadata"],
]);
const COUNTS = /(tokens|usage)$/;

const isOfOneRun = (name: string): boolean => {
  const plain = name.replaceAll("_", "").toLowerCase();
  return OF_ONE_RUN.has(plain) || COUNTS.test(plain);
};

/** What a call was given and what came back is a sender's own: there an `id` may be what it is about. */
const OWN = new Set(["arguments", "args", "input", "parameters", "result", "output", "response", "error"]);
/** Deeper values are taken as they are. */
const DEEPEST = 20;
/** Shorter texts are no pictures. */
const SHORTEST_PICTURE = 64;
const PICTURE = /^(data:image\/[\w.+-]+[;,]|iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)/;

/** The messages from the one that each turn begins with to the next one's. */
export function sentBy(turns: readonly Turn[], messages: Messages): unknown[][] {
  return turns.map((_, place) => {
    const from = place ? (turns[place]?.index ?? 0) : 0; // results before the first turn are told with it
    return messages.slice(from, turns[place + 1]?.index ?? messages.length).map((each) => comparable(each, 0));
  });
}

/** `value` with the keys of objects in one order, so that the same is one text. */
function comparable(value: unknown, depth: number, isOwn = false): unknown {
  if (typeof value === "string") return isOwn ? inside(value) : describedPicture(value);
  if (typeof value !== "object" || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((each) => comparable(each, depth + 1, isOwn));
  const kept = Object.entries(value).filter(([name]) => isOwn || !isOfOneRun(name));
  return Object.fromEntries(
    kept
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, comparable(each, depth + 1, isOwn || OWN.has(name))]),
  );
}

/** Arguments that are JSON within a text are the same however they are spaced. */
function inside(text: string): unknown {
  const held = /^\s*[[{]/.test(text) ? parseJson(text, null) : null;
  return isRecord(held) || Array.isArray(held) ? comparable(held, 1, true) : describedPicture(text);
}

const describedPicture = (text: string): string =>
  text.length >= SHORTEST_PICTURE && PICTURE.test(text)
    ? `(a picture, ${bytes(text.length)} as text, ${fingerprint(text)})`
    : text;

/** FNV-1a, of 32 bits, tells one picture from another. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
