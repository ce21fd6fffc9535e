/** One page of tickets, as a table; on a narrow screen as cards. */

import type { VNode } from "preact";
import type { May, PageParams, TicketRow, TicketsData } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { fromStart, hrefOf } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import type { Session } from "../../web/session/session.ts";
import { zone } from "../../web/text/times.ts";
import { ChooseBox, type Choosing } from "./chosen.tsx";
import { type Beside, columnsFor, directions, type TableColumn } from "./columns.tsx";

interface TableProps {
  data: TicketsData;
  params: PageParams["tickets"];
  may: May;
  beside: Beside;
  choosing: Choosing;
}

export function TicketTable({ data, params, may, beside, choosing }: TableProps): VNode {
  const columns = columnsFor(may, params);
  const nameOf = ({ key, name }: TableColumn) =>
    key === "executed_at" ? `${name} (${zone(data.rows[0]?.executed_at_ms)})` : name;
  return (
    <div class="cl-card cl-table-box">
      <table class="cl-table cl-opens">
        <thead>
          <tr>
            <th scope="col">
              <span class="cl-sr">Choose</span>
            </th>
            {columns.map((column) => (
              <Heading key={column.key} column={column} name={nameOf(column)} params={params} />
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => (
            <Row key={`${row.client_id} ${row.log_id}`} {...{ row, columns, nameOf, beside, choosing }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading({ column, name, params }: { column: TableColumn; name: string } & Pick<TableProps, "params">): VNode {
  const { key, title } = column;
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
  nameOf: (column: TableColumn) => string;
  beside: Beside;
  choosing: Choosing;
}

function Row({ row, columns, nameOf, beside, choosing }: RowProps): VNode {
  const session = useSession();
  return (
    <tr onClick={(event) => open(session, event, row)} class={choosing.isChosen(row) ? "cl-chosen-row" : undefined}>
      <td class="cl-choose-cell">
        <ChooseBox row={row} choosing={choosing} />
      </td>
      {columns.map((column) => (
        <td key={column.key} class={column.class} data-label={nameOf(column)}>
          {column.cell(row, beside)}
        </td>
      ))}
    </tr>
  );
}

/** A click anywhere on a row opens it, unless it meant something else: a link, a box, or selecting text. */
function open(session: Session, event: MouseEvent, { client_id, log_id }: TicketRow): void {
  if ((event.target as Element).closest("a, .cl-choose-cell") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(hrefOf("ticket", { client_id, log_id }), "_blank", "noopener");
  else session.go("ticket", { client_id, log_id });
}
