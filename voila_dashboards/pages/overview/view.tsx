/** The overview. */

import { Fragment, type VNode } from "preact";
import { NONE, type OverviewData, type PagePayload } from "../../web/generated/contract.ts";
import { ClientChoice } from "../../web/parts/client-choice.tsx";
import { FirstSteps } from "../../web/parts/first-steps.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { Narrowed } from "../../web/parts/narrowed.tsx";
import { RangePicker, rangeWords } from "../../web/parts/range-picker.tsx";
import { SeenAt } from "../../web/parts/seen-at.tsx";
import type { PageView } from "../../web/session/page-view.ts";
import { clientName } from "../../web/text/clients.ts";
import { count } from "../../web/text/numbers.ts";
import { ChartCard } from "./chart-card.tsx";
import { GroupCard } from "./groups.tsx";
import { Kpis } from "./kpis.tsx";
import { ModelsCard } from "./models.tsx";
import { OutcomeCard } from "./outcome.tsx";

type Payload = PagePayload<"overview">;

function Overview({ payload }: { payload: Payload }): VNode {
  const { params } = payload;
  return (
    <>
      <header class="cl-page-head">
        <h1 tabIndex={-1}>Overview</h1>
        <span class="cl-muted">{whose(payload)}</span>
        <SeenAt payload={payload} />
        <div class="cl-controls">
          <ClientChoice payload={payload} />
          <RangePicker page="overview" params={params} />
        </div>
      </header>
      <Narrowed page="overview" params={params} />
      <Body payload={payload} />
    </>
  );
}

/** Whose tickets these are. */
function whose({ params, viewer, clients, client_names: names }: Payload): string {
  const one = params.client || viewer.client_id || (clients.length === 1 ? clients[0] : null);
  if (one) return clientName(names, one);
  return clients.length ? `all ${count(clients.length)} clients` : "";
}

function Body({ payload: { data, params, viewer, client_names: names } }: { payload: Payload }): VNode {
  if (!data.has_any) return <FirstSteps viewer={viewer} />;
  if (!data.current.tickets)
    return (
      <Nothing title="No tickets in this time" text={`Nothing ran within ${rangeWords(params)}.`}>
        <Link page="overview" params={{ ...params, range: "all", from: "", to: "" }} class="cl-button">
          Show all time
        </Link>
      </Nothing>
    );
  return <Figures data={data} params={params} names={names} />;
}

interface FiguresProps {
  data: OverviewData;
  params: Payload["params"];
  names: Payload["client_names"];
}

function Figures({ data, params, names }: FiguresProps): VNode {
  const { range } = params;
  return (
    <Fragment>
      <Kpis data={data} range={range} />
      <div class="cl-grid cl-grid-chart">
        <ChartCard data={data} narrowed={{ ...params, range: "", from: "", to: "" }} zone={params.zone} />
        <OutcomeCard data={data} span={params} />
      </div>
      <Groups data={data} params={params} names={names} />
      <ModelsCard current={data.current} />
    </Fragment>
  );
}

/** Every group leads to its tickets; a client also to an overview of its own. */
function Groups({ data, params, names }: FiguresProps): VNode {
  return (
    <div class="cl-grid cl-grid-groups">
      {data.by_client && !params.client && (
        <GroupCard
          title="By client"
          none="no client"
          groups={data.by_client}
          filters={(client) => ({ ...params, client: client ?? "" })}
          overview={(client) => ({ ...params, client: client ?? "" })}
          nameOf={(id) => clientName(names, id)}
          hasLosses
        />
      )}
      <GroupCard
        title="By version"
        none="no version"
        groups={data.by_version}
        filters={(version) => ({ ...params, version: version ?? NONE })}
      />
      <GroupCard
        title="By category"
        none="no category"
        groups={data.by_category}
        filters={(category) => ({ ...params, category: category ?? NONE })}
      />
      <GroupCard
        title="By environment"
        none="no environment"
        groups={data.by_environment}
        filters={(environment) => ({ ...params, environment: environment ?? NONE })}
      />
    </div>
  );
}

const view: PageView<"overview"> = { title: () => "Overview", Page: Overview };
export default view;
