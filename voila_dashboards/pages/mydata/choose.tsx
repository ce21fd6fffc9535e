/** The clients whose data there is to look at. */

import type { VNode } from "preact";
import type { ClientRow, PageParams, PagePayload } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { rangeWords } from "../../web/parts/range-picker.tsx";
import { clientTitle } from "../../web/text/clients.ts";
import { complete } from "../../web/text/losses.ts";
import { count } from "../../web/text/numbers.ts";

export function Choose({ payload }: { payload: PagePayload<"mydata"> }): VNode {
  const { data, params, client_names: names } = payload;
  if (!data.to_choose.length)
    return (
      <Nothing
        title="Whose data?"
        text={`No client has a ticket within ${rangeWords(params)}: choose a client, or another time.`}
      />
    );
  return (
    <section class="cl-card cl-table-box">
      <div class="cl-card-head">
        <h2 class="cl-card-title">Choose a client</h2>
      </div>
      <table class="cl-table">
        <thead>
          <tr>
            <th scope="col">Client</th>
            <th scope="col" class="cl-num">
              Tickets
            </th>
            <th scope="col" class="cl-num">
              With trace
            </th>
            <th scope="col" class="cl-num">
              Complete
            </th>
          </tr>
        </thead>
        <tbody>
          {data.to_choose.map((row) => (
            <Client key={row.client_id} row={row} params={params} name={clientTitle(names, row.client_id)} />
          ))}
        </tbody>
      </table>
      {data.more_to_choose > 0 && <p class="cl-foot">and {count(data.more_to_choose)} more</p>}
    </section>
  );
}

const Client = ({ row, params, name }: { row: ClientRow; params: PageParams["mydata"]; name: string }): VNode => (
  <tr>
    <td class="cl-wide">
      <Link page="mydata" params={{ ...params, client: row.client_id }} class="cl-ticket-id">
        {name}
      </Link>
    </td>
    <td class="cl-num" data-label="Tickets">
      {count(row.tickets)}
    </td>
    <td class="cl-num" data-label="With trace">
      {count(row.with_trace)}
    </td>
    <td class="cl-num" data-label="Complete">
      {complete(row.tickets, row.lost)}
    </td>
  </tr>
);
