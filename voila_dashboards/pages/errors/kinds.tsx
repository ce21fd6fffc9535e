/** Kinds of errors, each with its tickets, and the newest of them. */

import type { ComponentChildren, VNode } from "preact";
import { ERROR_SORTS, type ErrorKind, type ErrorSort, NONE, type PagePayload } from "../../web/generated/contract.ts";
import { Moved } from "../../web/parts/change.tsx";
import { Choice } from "../../web/parts/choice.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Time } from "../../web/parts/words.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import { clientName } from "../../web/text/clients.ts";
import { clip } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { zone } from "../../web/text/times.ts";

type Payload = PagePayload<"errors">;

const ORDERS: Record<ErrorSort, string> = {
  errors: "Most errors",
  change: "Rose most",
  last_seen: "Seen last",
  first_seen: "Newest kinds",
  tickets: "Most tickets",
};

export function Kinds({ payload }: { payload: Payload }): VNode {
  const { data, params, may } = payload;
  const session = useSession();
  const when = zone(data.kinds[0]?.last_seen_ms ?? payload.now_ms);
  return (
    <section class="cl-card cl-table-box">
      <div class="cl-card-head">
        <h2 class="cl-card-title">Kinds of errors</h2>
        <Choice
          name="Order"
          value={params.sort}
          options={ERROR_SORTS.map((sort) => [sort, ORDERS[sort]] as const)}
          onChoose={(sort) => session.go("errors", { ...params, sort })}
        />
      </div>
      <table class="cl-table">
        <thead>
          <tr>
            <th scope="col">Error</th>
            <th scope="col">Node</th>
            <th scope="col">Tool</th>
            <th scope="col" class="cl-num">
              Errors
            </th>
            <th scope="col" class="cl-num">
              Tickets
            </th>
            <th scope="col">{may.see_clients ? "Clients, versions" : "Versions"}</th>
            <th scope="col" class="cl-num">
              Seen ({when})
            </th>
            <th scope="col">Newest</th>
          </tr>
        </thead>
        <tbody>
          {data.kinds.map((kind) => (
            <Kind
              key={`${kind.type}\n${kind.message_pattern}\n${kind.node}\n${kind.tool}`}
              kind={kind}
              payload={payload}
            />
          ))}
        </tbody>
      </table>
      {data.more_kinds > 0 && <p class="cl-foot">and {count(data.more_kinds)} more kinds</p>}
    </section>
  );
}

/** What errors of a kind say; a type that tells what went wrong makes a kind whatever they say. */
export const messageOf = ({ type, message_pattern: pattern }: Pick<ErrorKind, "type" | "message_pattern">): string =>
  pattern || (type ? "" : NONE);

/** The tickets of a kind, as the list shows them. */
const ticketsOf = (kind: ErrorKind, { range, from, to, zone: days, client, ...rest }: Payload["params"]) =>
  ({
    ...{ range, from, to, zone: days, client },
    ...{ category: rest.category, version: rest.version, environment: rest.environment },
    ...{ type: kind.type || NONE, message: messageOf(kind) },
    ...{ node: kind.node || NONE, tool: kind.tool || NONE },
  }) satisfies LinkParams<"tickets">;

function Kind({ kind, payload }: { kind: ErrorKind; payload: Payload }): VNode {
  const { data, params, may, client_names: names } = payload;
  const { newest } = kind;
  return (
    <tr>
      <td class="cl-wide">
        <Link page="tickets" params={ticketsOf(kind, params)} class="cl-ticket-id">
          {kind.type || "no type"}
        </Link>
        {newest?.message && <span class="cl-said">{clip(newest.message, 140)}</span>}
      </td>
      <Cell name="Node" class="cl-name cl-node">
        <Only name="node" value={kind.node} params={params} />
      </Cell>
      <Cell name="Tool" class="cl-name cl-node">
        <Only name="tool" value={kind.tool} params={params} />
      </Cell>
      <Cell name="Errors" class="cl-num">
        <span>
          {count(kind.errors)}
          <Moved now={kind.errors} then={data.previous?.tickets ? kind.before : null} good={-1} />
        </span>
      </Cell>
      <Cell name="Tickets" class="cl-num">
        <span>
          <Link page="tickets" params={ticketsOf(kind, params)}>
            {count(kind.tickets)}
          </Link>
          {kind.in_successes > 0 && <small class="cl-moved">{count(kind.in_successes)} SUCCESS</small>}
        </span>
      </Cell>
      <Cell name={may.see_clients ? "Clients, versions" : "Versions"} class="cl-whole">
        <span>
          {may.see_clients && <Clients kind={kind} names={names} />}
          <Versions kind={kind} params={params} />
        </span>
      </Cell>
      <Cell name="Seen" class="cl-num cl-time">
        <Seen kind={kind} />
      </Cell>
      <Cell name="Newest" class="cl-whole">
        {newest && (
          <Link page="ticket" params={{ client_id: newest.client_id, log_id: newest.log_id }}>
            {clip(newest.ticket_id || "ticket", 40)}
          </Link>
        )}
      </Cell>
    </tr>
  );
}

const Cell = ({
  name,
  class: kind = "",
  children,
}: {
  name: string;
  class?: string;
  children: ComponentChildren;
}): VNode => (
  <td class={kind} data-label={name}>
    {children}
  </td>
);

/** A value that the page can be narrowed to. */
function Only({
  name,
  value,
  params,
}: {
  name: "node" | "tool";
  value: string | null;
  params: Payload["params"];
}): VNode {
  if (!value) return <span class="cl-muted">–</span>;
  return (
    <Link page="errors" params={{ ...params, [name]: value }} title={`Only this ${name}`}>
      {clip(value, 60)}
    </Link>
  );
}

function Clients({ kind, names }: { kind: ErrorKind; names: Payload["client_names"] }): VNode {
  const more = kind.clients - kind.client_ids.length;
  const named = kind.client_ids.map((id) => clientName(names, id)).join(", ");
  return (
    <span class="cl-block">
      {named}
      {more > 0 && ` and ${count(more)} more`}
    </span>
  );
}

function Versions({ kind, params }: { kind: ErrorKind; params: Payload["params"] }): VNode {
  return (
    <span class="cl-block cl-versions">
      {kind.versions.map(({ version, errors }) => (
        <Link key={version} page="errors" params={{ ...params, version: version ?? NONE }} title="Only this version">
          {version ?? "no version"} <span class="cl-muted">×{count(errors)}</span>
        </Link>
      ))}
      {kind.more_versions > 0 && <span class="cl-muted">and {count(kind.more_versions)} more</span>}
    </span>
  );
}

function Seen({ kind }: { kind: ErrorKind }): VNode {
  if (kind.last_seen_ms === null) return <span class="cl-muted">before only</span>;
  return (
    <span>
      <span class="cl-block">
        <small>first</small> <Time ms={kind.first_seen_ms} />
      </span>
      <span class="cl-block">
        <small>last</small> <Time ms={kind.last_seen_ms} />
      </span>
    </span>
  );
}
