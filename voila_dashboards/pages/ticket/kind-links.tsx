/** From an error of this ticket to others like it: all of its kind, and the last one. */

import type { VNode } from "preact";
import { NONE, type PagePayload, type TicketErrorKind } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { clip } from "../../web/text/labels.ts";
import { plural } from "../../web/text/numbers.ts";
import { localTime } from "../../web/text/times.ts";

type Payload = PagePayload<"ticket">;

/** The page of errors, of this kind only, at all times: an old ticket's kind is found too. */
export const errorsOf = (
  { type, message_pattern: pattern, node, tool }: TicketErrorKind,
  { data, may }: Payload,
): LinkParams<"errors"> => ({
  range: "all",
  client: may.see_clients ? data.log.client_id : "",
  type: type || NONE,
  message: pattern || (type ? "" : NONE),
  node: node || NONE,
  tool: tool || NONE,
});

interface KindProps {
  kind: TicketErrorKind | undefined;
  payload: Payload;
}

/** Null where the server knows no kind of it. */
export function KindLinks({ kind, payload }: KindProps): VNode | null {
  if (!kind) return null;
  const { newest, newest_ms: when, other_tickets: others } = kind;
  return (
    <p class="cl-muted">
      <Link page="errors" params={errorsOf(kind, payload)}>
        This kind of error
      </Link>
      {newest ? (
        <>
          {` is in ${plural(others, "other ticket")}, the last `}
          <Link page="ticket" params={{ client_id: newest.client_id, log_id: newest.log_id }}>
            {clip(newest.ticket_id || "ticket", 40)}
          </Link>
          {when !== null && ` (${localTime(when)})`}
        </>
      ) : (
        " is in no other ticket"
      )}
    </p>
  );
}
