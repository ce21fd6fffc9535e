/** Which kind an error of the trace is of, among those that the server knows of this ticket. */

import type { TicketErrorKind } from "../../web/generated/contract.ts";
import { isBlank } from "../../web/text/labels.ts";
import { entrySays, isExceptionName, readSaid, resultSays, type Said } from "../../web/trace/said-errors.ts";
import type { Part } from "../../web/trace/trace.ts";

type Kind = TicketErrorKind;
type Kinds = readonly TicketErrorKind[];

/** The kind of an entry of the list of errors, which may tell of a call; undefined where the server knows none. */
export function kindOfError(kinds: Kinds, entry: Record<string, unknown>): TicketErrorKind | undefined {
  const { node } = entry;
  const name = isExceptionName(entry) ? null : entry.name;
  const said = entrySays(entry);
  return (
    kinds.find((kind) => isOf(kind, said, node, name)) ??
    kinds.find((kind) => saysSame(kind, said) && (isBlank(node) || isSame(kind.node, node)) && isBlank(name))
  );
}

/** The kind of what a step says of its failure, a call also by its result; `around` is the step it lies in. */
export function kindOfStep(kinds: Kinds, { kind: what, name, raw }: Part, around?: Part): TicketErrorKind | undefined {
  const said = isBlank(raw.error) && what === "tool call" ? resultSays(raw.result) : readSaid(raw.error);
  if (what === "node") return kinds.find((kind) => isOf(kind, said, name, null));
  if (what === "iteration") return kinds.find((kind) => isOf(kind, said, raw.node, null));
  return kinds.find((kind) => isOf(kind, said, raw.node ?? around?.raw.node, name));
}

const isOf = (kind: Kind, said: Said, node: unknown, tool: unknown): boolean =>
  saysSame(kind, said) && isSame(kind.node, node) && isSame(kind.tool, tool);

/** Where the type says nothing, what it says is of the kind. */
function saysSame({ type, message_pattern: pattern, messages }: Kind, said: Said): boolean {
  if (!isSame(type, said.type)) return false;
  if (type && pattern === null) return true;
  const { message } = said;
  return message === null ? !messages.length : messages.some((each) => message.startsWith(each));
}

/** The tables hold the beginning of a long name. */
const SHORTEST_CUT = 40;

function isSame(known: string | null, sent: unknown): boolean {
  if (typeof sent !== "string" || sent === "") return known === null;
  if (known === null) return false;
  return known === sent || (known.length >= SHORTEST_CUT && sent.startsWith(known.replace(/…$/, "")));
}
