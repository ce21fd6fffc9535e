/** Says in words why there is nothing, or not everything, to debug. */

import type { VNode } from "preact";
import type { TicketData } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { bytes } from "../../web/text/numbers.ts";
import type { Run } from "../../web/trace/trace.ts";
import { TextView } from "../../web/values/text-view.tsx";
import { fileName } from "./raw-log.ts";

export interface StateProps {
  data: TicketData;
  run: Run | null;
  isRouted: boolean;
}

export function TraceState({ data, run, isRouted }: StateProps): VNode | null {
  if (data.trace_state === "too_big") return <TooBig data={data} isRouted={isRouted} />;
  if (data.trace_state === "none")
    return (
      <Said title="No trace">
        No trace is stored with this log, only its figures. It was sent without one, or its client is set to
        METRICS_ONLY.
      </Said>
    );
  if (data.trace_state === "retired")
    return (
      <Said title="Trace no longer kept">
        The trace of this log is past the time for which traces are kept, or was lost. Its figures stay as long as the
        log.
      </Said>
    );
  return <Unreadable trace={data.trace} run={run} />;
}

function Unreadable({ trace, run }: { trace: string | null; run: Run | null }): VNode | null {
  if (trace === "null") return <Said title="No trace">The log was sent without a trace.</Said>;
  if (!run)
    return (
      <Card title="The trace is not JSON">
        <p>It is shown below as it was received.</p>
        <TextView text={trace ?? ""} />
      </Card>
    );
  if (run.groups.length || run.messages.length || run.unknown.length) return null;
  return <Said title="No steps">The trace holds no nodes, no iterations and no tool calls.</Said>;
}

const Said = ({ title, children }: { title: string; children: string }): VNode => (
  <Card title={title}>
    <p>{children}</p>
  </Card>
);

function TooBig({ data: { log, trace_size: size, trace_limit: limit }, isRouted }: Omit<StateProps, "run">): VNode {
  const href = `/trace/${[log.client_id, log.month, log.log_id].map(encodeURIComponent).join("/")}`;
  return (
    <Card title="The trace is too big for a page">
      <p>
        It takes {bytes(size)}; a page shows up to {bytes(limit)}.
      </p>
      <p>
        {isRouted ? (
          <a class="cl-button" href={href} download={`${fileName(log)}-trace.json`}>
            Download the trace ({bytes(size)})
          </a>
        ) : (
          "Read it in a notebook, by client_id, month and log_id."
        )}
      </p>
    </Card>
  );
}
