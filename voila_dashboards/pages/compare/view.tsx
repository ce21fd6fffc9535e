/** Two tickets side by side: figures, steps, and what was said. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CompareData, PagePayload, Side } from "../../web/generated/contract.ts";
import { later } from "../../web/parts/later.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Nothing } from "../../web/parts/message.tsx";
import { useSession } from "../../web/session/context.ts";
import type { PageView } from "../../web/session/page-view.ts";
import { label } from "../../web/text/labels.ts";
import { FiguresCard } from "./figures-card.tsx";
import { Heads } from "./heads.tsx";
import type { RunsProps } from "./runs.tsx";
import { alikeIn, goodInWords, Ways } from "./ways.tsx";

const runs = later<RunsProps>(() => import("./runs.tsx"));
runs.fetch(); // figures are painted meanwhile

type Payload = PagePayload<"compare">;

function Compare({ payload }: { payload: Payload }): VNode {
  const { data, params } = payload;
  const { ticket, other } = data;
  const { client_id, log_id } = ticket.log;
  return (
    <>
      <header class="cl-c-ticket-head">
        <p>
          <Link page="ticket" params={{ client_id, log_id }} class="cl-c-back" data-key="back">
            ← Ticket <bdi>{label(ticket.log.ticket_id)}</bdi>
          </Link>
        </p>
        <h1 tabIndex={-1}>Compare</h1>
        <Ways data={data} params={params} />
      </header>
      {other ? <Both payload={payload} other={other} /> : <Alone data={data} />}
    </>
  );
}

function Alone({ data }: { data: CompareData }): VNode {
  return (
    <Nothing
      title={`There is no earlier good one ${alikeIn(data)}`}
      text="Looked for: a SUCCESS of the same client before this ticket. Choose two tickets in the list to compare them."
    >
      <Link page="tickets" params={{}} class="cl-button">
        Tickets
      </Link>
    </Nothing>
  );
}

/** Browsers let an address be changed some hundred times in half a minute, and fail beyond. */
const MARK_AFTER_MS = 250;

function Both({ payload, other }: { payload: Payload; other: Side }): VNode {
  const { data, may, client_names: names, params } = payload;
  const { ticket } = data;
  const session = useSession();
  const [step, setStep] = useState(params.step);
  // What was chosen for the reader stands in the address too, so that a link shows everybody the same.
  useEffect(() => {
    const timer = setTimeout(() => session.mark("compare", { ...params, step }), MARK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [session, params, step]);
  const figures = <FiguresCard left={other.log} right={ticket.log} />;
  return (
    <>
      <Heads left={other} right={ticket} may={may} names={names} relation={relationOf(data, other)} />
      {other.trace && ticket.trace ? (
        <runs.Draw
          of={{ left: other, right: ticket, step, look: setStep }}
          meanwhile={<Meanwhile words="Comparing …">{figures}</Meanwhile>}
          lost={
            <Meanwhile words="The steps could not be loaded. Load the page again in a few seconds.">
              {figures}
            </Meanwhile>
          }
        />
      ) : (
        figures
      )}
    </>
  );
}

/** As much room as what comes will take above the figures, so that nothing moves. */
const Meanwhile = ({ words, children }: { words: string; children: VNode }): VNode => (
  <>
    <p class="cl-c-parting cl-muted" role="status">
      {words}
    </p>
    <div class="cl-c-two">
      {children}
      <section class="cl-card cl-c-awaited" />
    </div>
  </>
);

/** Why the other ticket is beside this one, where that can be told. */
function relationOf(data: CompareData, { log }: Side): string | null {
  const { ticket, last_good: good } = data;
  if (log.client_id !== ticket.log.client_id) return "A ticket of another client.";
  if (log.log_id === ticket.log.log_id) return "The very same log.";
  if (good.run?.log_id === log.log_id) return `The last good one ${alikeIn(data)}: ${goodInWords(good)}.`;
  return log.ticket_id === ticket.log.ticket_id ? "The same ticket, run at another time." : null;
}

const view: PageView<"compare"> = {
  title: ({ data }) => `Compare ${label(data.ticket.log.ticket_id)}`,
  key: ({ params }) => [params.client_id, params.log_id, params.other_client_id, params.other_log_id].join(" "),
  Page: Compare,
};
export default view;
