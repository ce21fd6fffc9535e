/** Which kind an error of the trace is of, among those that the server knows of this ticket. */

import type { TicketErrorKind } from "../../web/generated/contract.ts";
import { isBlank, isRecord } from "../../web/text/labels.ts";
import type { Part } from "../../web/trace/trace.ts";

type Kind = Pick<TicketErrorKind, "type" | "node" | "tool">;
type Kinds = readonly TicketErrorKind[];

/** The kind of an entry of the list of errors, which may tell of a call; undefined where the server knows none. */
export function kindOfError(kinds: Kinds, entry: Record<string, unknown>): TicketErrorKind | undefined {
  const { node, name } = entry;
  const type = typeOf(kinds, entry);
  return (
    kinds.find((kind) => isOf(kind, type, node, name)) ??
    kinds.find((kind) => isSame(kind.type, type) && (isBlank(node) || isSame(kind.node, node)) && isBlank(name))
  );
}

/** The type that an error names, or that its message begins with, as the tables have it. */
function typeOf(kinds: Kinds, error: unknown): unknown {
  const { type, message } = isRecord(error) ? error : { type: null, message: error };
  if (!isBlank(type) || typeof message !== "string") return type;
  return kinds.find((kind) => kind.type && message.startsWith(`${kind.type}: `))?.type ?? null;
}

/** The kind of what a step says of its failure; `around` is the step it lies in. */
export function kindOfStep(kinds: Kinds, { kind: what, name, raw }: Part, around?: Part): TicketErrorKind | undefined {
  const type = typeOf(kinds, raw.error);
  if (what === "node") return kinds.find((kind) => isOf(kind, type, name, null));
  if (what === "iteration") return kinds.find((kind) => isOf(kind, type, raw.node, null));
  return kinds.find((kind) => isOf(kind, type, raw.node ?? around?.raw.node, name));
}

const isOf = (kind: Kind, type: unknown, node: unknown, tool: unknown): boolean =>
  isSame(kind.type, type) && isSame(kind.node, node) && isSame(kind.tool, tool);

/** The tables hold the beginning of a long name. */
const SHORTEST_CUT = 40;

function isSame(known: string | null, sent: unknown): boolean {
  if (typeof sent !== "string" || sent === "") return known === null;
  if (known === null) return false;
  return known === sent || (known.length >= SHORTEST_CUT && sent.startsWith(known.replace(/…$/, "")));
}
