/** A client's data: what is logged, what was masked, how long it is kept, what was deleted; to take away and to print. */

import type { VNode } from "preact";
import type { ClientData, PagePayload } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { ClientChoice } from "../../web/parts/client-choice.tsx";
import { Figure } from "../../web/parts/figure.tsx";
import { later } from "../../web/parts/later.tsx";
import { RangePicker, rangeWords } from "../../web/parts/range-picker.tsx";
import { SeenAt } from "../../web/parts/seen-at.tsx";
import { Time } from "../../web/parts/words.tsx";
import { loadStyles } from "../../web/session/loading.ts";
import type { PageView } from "../../web/session/page-view.ts";
import { clientName } from "../../web/text/clients.ts";
import { complete } from "../../web/text/losses.ts";
import { count, plural } from "../../web/text/numbers.ts";
import { Choose } from "./choose.tsx";
import { CompletenessCard, LevelCard, RetentionCard } from "./keeping.tsx";
import { LoggedCard } from "./logged.tsx";
import { MaskedCard } from "./masked.tsx";
import { useOpenOnPaper } from "./printing.ts";
import { ReceiptsCard } from "./receipts.tsx";
import { keptFor, LEVELS } from "./sentences.ts";
import { TakeAway } from "./take-away.tsx";

type Payload = PagePayload<"mydata">;

const optOut = later<object>(async () => {
  const [module] = await Promise.all([import("./opt-out.tsx"), loadStyles("markdown")]);
  return module;
});

function MyData({ payload }: { payload: Payload }): VNode {
  const { data, params } = payload;
  useOpenOnPaper();
  return (
    <>
      <header class="cl-page-head">
        <h1 tabIndex={-1}>{titleOf(payload)}</h1>
        <SeenAt payload={payload} />
        <div class="cl-controls">
          <ClientChoice payload={payload} />
          <RangePicker page="mydata" params={params} />
          {data.of_client && (
            <button type="button" class="cl-button" onClick={() => window.print()}>
              Print
            </button>
          )}
        </div>
      </header>
      {data.of_client ? <OfClient payload={payload} data={data.of_client} /> : <Choose payload={payload} />}
    </>
  );
}

/** Whose data it is: one's own, or that of the client that was chosen. */
function titleOf({ data: { of_client: of }, may, client_names: names }: Payload): string {
  if (!may.see_clients) return "My data";
  return of ? `Data of ${clientName(names, of.client_id)}` : "Data of a client";
}

function OfClient({ payload, data }: { payload: Payload; data: ClientData }): VNode {
  const { params, client_names: names, now_ms } = payload;
  return (
    <div class="cl-stack cl-of-client">
      <p class="cl-on-paper">
        {clientName(names, data.client_id)} ({data.client_id}), {rangeWords(params)}, days in {params.zone}. Printed{" "}
        <Time ms={now_ms} />.
      </p>
      <InShort data={data} range={rangeWords(params)} />
      <LoggedCard data={data.logged} tickets={data.arrived.tickets} range={rangeWords(params)} />
      <MaskedCard data={data.masked} tickets={data.arrived.tickets} range={rangeWords(params)} />
      <div class="cl-grid">
        <LevelCard facts={data.facts} arrived={data.arrived} />
        <RetentionCard facts={data.facts} oldestMs={data.arrived.oldest_ms} />
        <CompletenessCard arrived={data.arrived} params={params} />
      </div>
      <ReceiptsCard facts={data.facts} clientId={data.client_id} />
      <Card title="How to opt out" class="cl-opt-out">
        <optOut.Draw of={{}} meanwhile={<p class="cl-muted">Loading …</p>} lost={<p>It could not be loaded.</p>} />
      </Card>
      <TakeAway data={data} params={params} facts={data.facts} />
    </div>
  );
}

function InShort({ data: { arrived, masked, facts }, range }: { data: ClientData; range: string }): VNode {
  const record = facts?.record;
  return (
    <div class="cl-kpis cl-fours">
      <Figure
        name="Tickets logged"
        value={count(arrived.tickets)}
        detail={`${complete(arrived.tickets, arrived.lost)} complete`}
        meaning={`One log for each run of a ticket, within ${range}.`}
      />
      <Figure
        name="Values masked"
        value={count(masked.values)}
        detail={`in ${plural(masked.tickets, "ticket")}`}
        meaning="Replaced in the client's own process, before anything was sent."
      />
      <Figure
        name="Level"
        value={<span class="cl-value-words">{record ? LEVELS[record.level][0] : "Not known"}</span>}
        detail={record?.level}
        meaning="How much of what is sent is kept."
      />
      <Figure
        name="Kept"
        value={<span class="cl-value-words">{record ? keptFor(record) : "Not known"}</span>}
        detail={record?.traces_days ? `traces ${plural(record.traces_days, "day")}` : undefined}
        meaning="Counted from when the ticket ran."
      />
    </div>
  );
}

const view: PageView<"mydata"> = { title: (payload) => titleOf(payload), Page: MyData };
export default view;
