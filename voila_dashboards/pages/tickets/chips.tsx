/** Statuses, each with how many tickets it would show, to filter by; and the way out of all filters. */

import type { VNode } from "preact";
import type { PageParams, TicketsData, ValueCount } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Swatch } from "../../web/parts/words.tsx";
import { fromStart, statusList, statusParam } from "../../web/session/addresses.ts";
import { count } from "../../web/text/numbers.ts";
import { statusKind } from "../../web/text/statuses.ts";
import { ValueSearch } from "./value-search.tsx";

type Params = PageParams["tickets"];
type Named = ValueCount & { name: string };

/** Statuses that are always to be seen; others are folded, unless they are chosen. */
const AT_FIRST = 8;
/** So many are seen at a glance. */
const WITHOUT_SEARCH = 20;

/** The statuses that have a name. */
export const namedStatuses = (data: TicketsData): Named[] =>
  data.statuses.flatMap(({ name, count: n }) => (name === null ? [] : [{ name, count: n }]));

export function Chips({ data, params }: { data: TicketsData; params: Params }): VNode {
  const named = namedStatuses(data);
  const names = named.map((each) => each.name);
  const chosen = statusList(params.status);
  const draw = ({ name, count: n }: ValueCount) => (
    <Chip key={name} name={name ?? ""} n={n} kind={statusKind(name ?? "", names)} params={params} />
  );
  const first = named.filter(({ name }, i) => i < AT_FIRST || chosen.includes(name));
  const rest = named.filter((each) => !first.includes(each));
  const more = rest.length + data.more.status;
  return (
    <div class="cl-chips" role="group" aria-label="Status">
      {first.map(draw)}
      {more > 0 && (
        <details class="cl-more-chips">
          <summary>{count(more)} more statuses</summary>
          {more > WITHOUT_SEARCH ? (
            <ValueSearch of="status" what="a status" params={params} draw={draw} list="div" class="cl-chips">
              {rest.map(draw)}
            </ValueSearch>
          ) : (
            <div class="cl-chips">{rest.map(draw)}</div>
          )}
        </details>
      )}
      <Clear params={params} />
    </div>
  );
}

function Chip({ name, n, kind, params }: { name: string; n: number; kind: string; params: Params }): VNode {
  const chosen = statusList(params.status);
  const isOn = chosen.includes(name);
  const next = isOn ? chosen.filter((each) => each !== name) : [...chosen, name];
  return (
    <Link
      page="tickets"
      params={fromStart({ ...params, status: statusParam(next) })}
      class="cl-chip"
      role="button"
      aria-pressed={isOn ? "true" : "false"}
      data-key={`status-${name}`}
    >
      <Swatch kind={kind} />
      {name}
      <b>{count(n)}</b>
    </Link>
  );
}

/** What stays when all filters are taken away: how the list is looked at. */
const VIEW: readonly string[] = ["sort", "dir", "columns", "zone", "after", "before"];

function Clear({ params }: { params: Params }): VNode | null {
  const isFiltered = Object.entries(params).some(
    ([name, value]) => value && !VIEW.includes(name) && !(name === "range" && value === "all"),
  );
  if (!isFiltered) return null;
  const { sort, dir, columns, zone } = params;
  return (
    <Link page="tickets" params={{ sort, dir, columns, zone }} class="cl-clear" data-key="clear">
      Clear filters
    </Link>
  );
}
