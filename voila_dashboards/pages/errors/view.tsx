/** The page of errors: what goes wrong, where, since when and for whom. */

import type { VNode } from "preact";
import type { ErrorsData, PagePayload } from "../../web/generated/contract.ts";
import { Delta } from "../../web/parts/change.tsx";
import { ClientChoice } from "../../web/parts/client-choice.tsx";
import { Figure } from "../../web/parts/figure.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { Narrowed } from "../../web/parts/narrowed.tsx";
import { beforeWords, RangePicker, rangeWords } from "../../web/parts/range-picker.tsx";
import { SeenAt } from "../../web/parts/seen-at.tsx";
import type { PageView } from "../../web/session/page-view.ts";
import { count, percent, plural } from "../../web/text/numbers.ts";
import { Kinds } from "./kinds.tsx";

type Payload = PagePayload<"errors">;

function Errors({ payload }: { payload: Payload }): VNode {
  const { data, params } = payload;
  return (
    <>
      <header class="cl-page-head">
        <h1 tabIndex={-1}>Errors</h1>
        <SeenAt payload={payload} />
        <div class="cl-controls">
          <ClientChoice payload={payload} />
          <RangePicker page="errors" params={params} />
        </div>
      </header>
      <Narrowed page="errors" params={params} />
      {data.is_behind && (
        <p class="cl-hint" role="status">
          Errors of the newest tickets are still being read out of their traces; they follow within minutes.
        </p>
      )}
      <Totals data={data} words={beforeWords(params.range)} />
      {Boolean(data.failed_untold) && <Untold payload={payload} />}
      {data.kinds.length ? (
        <Kinds payload={payload} />
      ) : (
        <Nothing title="No errors" text={`No log tells of an error within ${rangeWords(params)}.`} />
      )}
    </>
  );
}

/** What no row below can tell of. */
function Untold({ payload: { data, params } }: { payload: Payload }): VNode {
  const { type: _type, message: _message, node: _node, tool: _tool, sort: _sort, ...rest } = params;
  const n = data.failed_untold ?? 0;
  return (
    <p class="cl-hint">
      Of the{" "}
      <Link page="tickets" params={{ ...rest, status: "FAILED" }}>
        tickets that FAILED
      </Link>
      , {count(n)} {n === 1 ? "tells" : "tell"} of no error: nothing says which tool or node failed.
    </p>
  );
}

function Totals({ data: { current, previous }, words }: { data: ErrorsData; words: string }): VNode {
  const against = (figure: keyof ErrorsData["current"]) => (
    <Delta now={current[figure]} then={previous?.[figure]} good={-1} words={words} />
  );
  const share = current.tickets ? current.tickets_with_errors / current.tickets : null;
  return (
    <div class="cl-kpis cl-threes">
      <Figure
        name="Errors"
        value={count(current.errors)}
        meaning="What the traces tell of failures: entries of their lists, and of calls, iterations and nodes that failed."
      >
        {against("errors")}
      </Figure>
      <Figure
        name="Tickets with errors"
        value={count(current.tickets_with_errors)}
        detail={`${percent(share)} of ${plural(current.tickets, "ticket")}`}
        meaning="However a ticket ended, and however many errors it had."
      >
        {against("tickets_with_errors")}
      </Figure>
      <Figure
        name="Failed calls in successes"
        value={count(current.successes_with_failed_calls)}
        detail={`of ${plural(current.tickets_with_failed_calls, "ticket")} with failed calls`}
        meaning="Tickets that ended as SUCCESS although a tool call failed in them."
      >
        {against("successes_with_failed_calls")}
      </Figure>
    </div>
  );
}

const view: PageView<"errors"> = { title: () => "Errors", Page: Errors };
export default view;
