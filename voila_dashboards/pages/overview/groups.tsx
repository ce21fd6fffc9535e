/** Tickets by category, version, environment or client, each figure with its change. */

import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { Breakdown, GroupFigures, GroupRow } from "../../web/generated/contract.ts";
import { Moved } from "../../web/parts/change.tsx";
import { Choice } from "../../web/parts/choice.tsx";
import { Link } from "../../web/parts/link.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { complete } from "../../web/text/losses.ts";
import { count, percent, plural, seconds } from "../../web/text/numbers.ts";
import { ORDERS, type OrderName, ordered, success } from "./orders.ts";

const AT_FIRST = 8;

interface GroupCardProps {
  title: string;
  groups: Breakdown;
  /** What the list is filtered by, for the group of such a name; null for logs that name none. */
  filters: (name: string | null) => LinkParams<"tickets">;
  /** Where a group has an overview of its own. */
  overview?: (name: string | null) => LinkParams<"overview">;
  nameOf?: (name: string) => string;
  none: string;
  hasLosses?: boolean;
}

export function GroupCard(props: GroupCardProps): VNode | null {
  const { title, groups, hasLosses = false } = props;
  const [order, setOrder] = useState<OrderName>("tickets");
  const [isWhole, showWhole] = useState(false);
  const rows = ordered(groups.rows, order);
  const shown = isWhole ? rows : rows.slice(0, AT_FIRST);
  const hasChanges = groups.rows.some((row) => row.previous?.tickets);
  const options = Object.entries(ORDERS)
    .filter(([, each]) => hasChanges || !each.isChange)
    .map(([key, each]) => [key, each.name] as const);
  if (!rows.length) return null;
  return (
    <section class="cl-card cl-groups-card">
      <div class="cl-card-head">
        <h2 class="cl-card-title">{title}</h2>
        <Choice
          name={`Order of ${title.toLowerCase()}`}
          value={order}
          options={options}
          onChoose={(key) => setOrder(key as OrderName)}
        />
      </div>
      <table class="cl-breakdown">
        <Head hasLosses={hasLosses} title={title.replace("By ", "")} />
        <tbody>
          {shown.map((row) => (
            <Row key={row.name} row={hasChanges ? row : { ...row, previous: null }} {...props} />
          ))}
        </tbody>
      </table>
      {rows.length > AT_FIRST && (
        <button type="button" class="cl-more" onClick={() => showWhole(!isWhole)}>
          {isWhole ? "Show fewer" : `Show all ${count(rows.length)}`}
        </button>
      )}
      {groups.more > 0 && <p class="cl-foot">and {count(groups.more)} more with fewer tickets</p>}
    </section>
  );
}

const Head = ({ hasLosses, title }: { hasLosses: boolean; title: string }): VNode => (
  <thead>
    <tr>
      <th scope="col">
        <span class="cl-first-up">{title}</span>
      </th>
      <th scope="col">Tickets</th>
      <th scope="col">Success</th>
      <th scope="col" title="Average execution time">
        Time
      </th>
      <th scope="col" class="cl-wider">
        Errors
      </th>
      <th scope="col">
        Failed <span class="cl-wider-inline">calls</span>
      </th>
      {hasLosses && (
        <th scope="col" class="cl-wider" title="As far as senders have reported losses">
          Complete
        </th>
      )}
    </tr>
  </thead>
);

function Row({ row, filters, overview, nameOf, none, hasLosses }: GroupCardProps & { row: GroupRow }): VNode {
  const { name, current, previous: before } = row;
  const text = name === null ? none : (nameOf?.(name) ?? name);
  const first = overview ? (
    <Link page="overview" params={overview(name)} title={`Overview of ${text}`}>
      {text}
    </Link>
  ) : (
    <Link page="tickets" params={filters(name)}>
      {text}
    </Link>
  );
  return (
    <tr>
      <th scope="row">{first}</th>
      <Cell>
        <Link page="tickets" params={filters(name)} title={`Tickets of ${text}`}>
          {count(current.tickets)}
        </Link>
        <Moved now={current.tickets} then={before?.tickets} good={0} />
      </Cell>
      <Cell>
        {percent(success(current), 0)}
        <Moved now={success(current)} then={before && success(before)} good={1} inPoints />
      </Cell>
      <Cell>
        {seconds(current.avg_seconds)}
        <Moved now={current.avg_seconds} then={before?.avg_seconds} good={-1} />
      </Cell>
      <Cell class="cl-wider">
        {count(current.errors)}
        <Moved now={current.errors} then={before?.errors} good={-1} />
      </Cell>
      <Cell>
        {count(current.failed_calls)}
        <Moved now={current.failed_calls} then={before?.failed_calls} good={-1} />
      </Cell>
      {hasLosses && <Complete of={current} />}
    </tr>
  );
}

const Cell = ({ class: kind = "", children }: { class?: string; children: ComponentChildren }): VNode => (
  <td class={kind}>{children}</td>
);

/** Stands out where more than one log in two hundred is missing. */
function Complete({ of: { tickets, lost } }: { of: GroupFigures }): VNode {
  const isLossy = lost / (tickets + lost) > 0.005;
  return (
    <td class={`cl-wider cl-complete ${isLossy ? "cl-bad" : ""}`} title={`${plural(lost, "log")} reported lost`}>
      {tickets ? complete(tickets, lost) : ""}
    </td>
  );
}
