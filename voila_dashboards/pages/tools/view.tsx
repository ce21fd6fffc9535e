/** The page of tools: how often each was called, how often it failed, how long it took. */

import type { VNode } from "preact";
import type { PagePayload, ToolsData } from "../../web/generated/contract.ts";
import { Delta } from "../../web/parts/change.tsx";
import { ClientChoice } from "../../web/parts/client-choice.tsx";
import { Figure } from "../../web/parts/figure.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { Narrowed } from "../../web/parts/narrowed.tsx";
import { beforeWords, RangePicker, rangeWords } from "../../web/parts/range-picker.tsx";
import { SeenAt } from "../../web/parts/seen-at.tsx";
import type { PageView } from "../../web/session/page-view.ts";
import { clientName } from "../../web/text/clients.ts";
import { count, percent } from "../../web/text/numbers.ts";
import { CallGroups } from "./groups.tsx";
import { ToolTable } from "./table.tsx";

type Payload = PagePayload<"tools">;

function Tools({ payload }: { payload: Payload }): VNode {
  const { data, params } = payload;
  return (
    <>
      <header class="cl-page-head">
        <h1 tabIndex={-1}>Tools</h1>
        <SeenAt payload={payload} />
        <div class="cl-controls">
          <ClientChoice payload={payload} />
          <RangePicker page="tools" params={params} />
        </div>
      </header>
      <Narrowed page="tools" params={params} />
      {data.is_behind && (
        <p class="cl-hint" role="status">
          Calls of the newest tickets are still being read out of their traces; they follow within minutes.
        </p>
      )}
      {data.tools.length ? (
        <Body payload={payload} />
      ) : (
        <Nothing title="No tool calls" text={`No trace tells of a tool call within ${rangeWords(params)}.`} />
      )}
    </>
  );
}

function Body({ payload }: { payload: Payload }): VNode {
  const { data, params, client_names: names } = payload;
  return (
    <>
      <Totals data={data} words={beforeWords(params.range)} />
      <ToolTable payload={payload} />
      <div class="cl-grid cl-grid-groups">
        {data.by_client && !params.client && (
          <CallGroups
            title="Calls by client"
            groups={data.by_client}
            nameOf={(id) => clientName(names, id)}
            narrowTo={(client) => ({ ...params, client })}
          />
        )}
        <CallGroups
          title="Calls by version"
          groups={data.by_version}
          narrowTo={(version) => ({ ...params, version })}
        />
      </div>
    </>
  );
}

function Totals({ data: { current, previous }, words }: { data: ToolsData; words: string }): VNode {
  const rate = (counts: ToolsData["current"] | null) => (counts?.calls ? counts.failures / counts.calls : null);
  return (
    <div class="cl-kpis cl-threes">
      <Figure name="Tool calls" value={count(current.calls)} meaning="Calls that the traces tell of.">
        <Delta now={current.calls} then={previous?.calls} good={0} words={words} />
      </Figure>
      <Figure
        name="Failed calls"
        value={count(current.failures)}
        meaning="Calls that ended in an error, however the ticket ended."
      >
        <Delta now={current.failures} then={previous?.failures} good={-1} words={words} />
      </Figure>
      <Figure name="Failure rate" value={percent(rate(current))} meaning="Failed calls as a share of all.">
        <Delta now={rate(current)} then={rate(previous)} good={-1} inPoints words={words} />
      </Figure>
    </div>
  );
}

const view: PageView<"tools"> = { title: () => "Tools", Page: Tools };
export default view;
