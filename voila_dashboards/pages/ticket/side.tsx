/** Beside what was said and done: what went wrong, figures, other runs, own fields, what was masked. */

import type { VNode } from "preact";
import type { PagePayload } from "../../web/generated/contract.ts";
import type { Run } from "../../web/trace/trace.ts";
import type { Debug } from "./debug.ts";
import { ErrorsCard } from "./errors.tsx";
import { ExtraCard, MetricsCard, SameTicketCard } from "./facts.tsx";
import type { Hit } from "./find.ts";
import { MaskedCard } from "./masked-card.tsx";

export interface SideProps {
  payload: PagePayload<"ticket">;
  /** Null where there is no trace that can be read. */
  run: Run | null;
  debug: Debug | null;
  show: (key: string) => void;
  go: (hit: Hit) => void;
}

export function Side({ payload, run, debug, show, go }: SideProps): VNode {
  const { log, same_ticket: same } = payload.data;
  return (
    <>
      {run && <ErrorsCard payload={payload} run={run} debug={debug} go={go} />}
      <MetricsCard log={log} />
      <SameTicketCard same={same} log={log} />
      <ExtraCard log={log} />
      <MaskedCard log={log} show={show} />
    </>
  );
}
