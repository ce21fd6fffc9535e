/** The list of tickets. */

import type { VNode } from "preact";
import type { PagePayload } from "../../web/generated/contract.ts";
import { ClientChoice } from "../../web/parts/client-choice.tsx";
import { FirstSteps } from "../../web/parts/first-steps.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { Narrowed } from "../../web/parts/narrowed.tsx";
import { RangePicker } from "../../web/parts/range-picker.tsx";
import { SeenAt } from "../../web/parts/seen-at.tsx";
import type { PageView } from "../../web/session/page-view.ts";
import { count } from "../../web/text/numbers.ts";
import { Chips, namedStatuses } from "./chips.tsx";
import { ChosenBar, useChosen } from "./chosen.tsx";
import { ConditionChips } from "./condition-form.tsx";
import { Filters } from "./filters.tsx";
import { Pager } from "./pager.tsx";
import { SearchBox } from "./search-box.tsx";
import { TicketTable } from "./table.tsx";

type Payload = PagePayload<"tickets">;

function Tickets({ payload }: { payload: Payload }): VNode {
  const { data, params } = payload;
  return (
    <>
      <header class="cl-page-head">
        <h1 tabIndex={-1}>Tickets</h1>
        <span class="cl-muted" role="status">
          {count(data.found)} found
        </span>
        <SeenAt payload={payload} />
        <div class="cl-controls">
          <SearchBox params={params} />
          <ClientChoice payload={payload} />
          <RangePicker page="tickets" params={params} />
        </div>
      </header>
      <Body payload={payload} />
    </>
  );
}

function Body({ payload: { data, params, viewer, may, client_names: names } }: { payload: Payload }): VNode {
  const choosing = useChosen();
  if (!data.has_any) return <FirstSteps viewer={viewer} />;
  const beside = { statuses: namedStatuses(data).map((each) => each.name), names, words: params.q };
  return (
    <>
      <Filters data={data} params={params} may={may} />
      <div class="cl-narrowing">
        <Narrowed page="tickets" params={params} without={["category", "version", "environment"]} />
        <ConditionChips params={params} />
      </div>
      <Chips data={data} params={params} />
      {data.found ? (
        <TicketTable data={data} params={params} may={may} beside={beside} choosing={choosing} />
      ) : (
        <Nothing title="Nothing matches these filters" text="Look for other words, or take filters away.">
          <Link page="tickets" params={{ zone: params.zone }} class="cl-button">
            Clear all filters
          </Link>
        </Nothing>
      )}
      <Pager data={data} params={params} />
      <ChosenBar choosing={choosing} />
    </>
  );
}

const view: PageView<"tickets"> = { title: () => "Tickets", Page: Tickets };
export default view;
