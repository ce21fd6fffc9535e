/** One page of tickets, as a table; on a narrow screen as cards. */

import type { VNode } from "preact";
import type { May, PageParams, TicketRow, TicketsData } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { fromStart, hrefOf, type LinkParams } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import type { Session } from "../../web/session/session.ts";
import { zone } from "../../web/text/times.ts";
import { ChooseBox, type Choosing } from "./chosen.tsx";
import { type Beside, columnsFor, directions, type TableColumn, ticketAt } from "./columns.tsx";

interface TableProps {
  data: TicketsData;
  params: PageParams["tickets"];
  may: May;
  beside: Beside;
  choosing: Choosing;
}

export function TicketTable({ data, params, may, beside, choosing }: TableProps): VNode {
  const columns = namedColumns(may, params, data);
  return (
    <div class="cl-card cl-table-box">
      <table class="cl-table cl-opens">
        <thead>
          <tr>
            <th scope="col">
              <span class="cl-sr">Choose</span>
            </th>
            {columns.map((column) => (
              <Heading key={column.key} column={column} params={params} />
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => (
            <Row key={`${row.client_id} ${row.log_id}`} {...{ row, columns, beside, choosing }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The columns that are shown; of moments the heading says the zone, which is asked for once: that is dear. */
const namedColumns = (may: May, params: TableProps["params"], { rows }: TicketsData): TableColumn[] =>
  columnsFor(may, params).map((column) =>
    column.key === "executed_at" ? { ...column, name: `${column.name} (${zone(rows[0]?.executed_at_ms)})` } : column,
  );

function Heading({ column, params }: { column: TableColumn } & Pick<TableProps, "params">): VNode {
  const { key, name, title } = column;
  const sorted = params.sort === key ? params.dir : null;
  const dir: "asc" | "desc" = sorted ? (sorted === "asc" ? "desc" : "asc") : directions(key)[0];
  return (
    <th
      scope="col"
      class={column.class}
      aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
    >
      <Link page="tickets" params={fromStart({ ...params, sort: key, dir })} title={title} data-key={`sort-${key}`}>
        {name}
        <span class="cl-arrow" aria-hidden="true">
          {sorted ? (sorted === "asc" ? "↑" : "↓") : ""}
        </span>
      </Link>
    </th>
  );
}

interface RowProps {
  row: TicketRow;
  columns: TableColumn[];
  beside: Beside;
  choosing: Choosing;
}

function Row({ row, columns, beside, choosing }: RowProps): VNode {
  const session = useSession();
  return (
    <tr
      onClick={(event) => open(session, event, ticketAt(row, beside.words))}
      class={choosing.isChosen(row) ? "cl-chosen-row" : undefined}
    >
      <td class="cl-choose-cell">
        <ChooseBox row={row} choosing={choosing} />
      </td>
      {columns.map((column) => (
        <td key={column.key} class={column.class} data-label={column.name}>
          {column.cell(row, beside)}
        </td>
      ))}
    </tr>
  );
}

/** A click anywhere on a row opens it, unless it meant something else: a link, a box, or selecting text. */
function open(session: Session, event: MouseEvent, ticket: LinkParams<"ticket">): void {
  if ((event.target as Element).closest("a, .cl-choose-cell") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(hrefOf("ticket", ticket), "_blank", "noopener");
  else session.go("ticket", ticket);
}
