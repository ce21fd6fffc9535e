/** What stands below the conversation: what the run said last, parts that no section is for, and the log as sent. */

import type { VNode } from "preact";
import type { TicketData } from "../../web/generated/contract.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import type { Run } from "../../web/trace/trace.ts";
import { FinalCard } from "./final.tsx";
import { RawCard, UnknownCard } from "./raw.tsx";

export interface BelowProps {
  /** Null where there is no trace that can be read. */
  run: Run | null;
  turns: readonly Turn[];
  data: TicketData;
}

export const Below = ({ run, turns, data }: BelowProps): VNode => (
  <>
    {run && <FinalCard final={run.final} turns={turns} />}
    {run && run.unknown.length > 0 && <UnknownCard unknown={run.unknown} />}
    <RawCard data={data} />
  </>
);
