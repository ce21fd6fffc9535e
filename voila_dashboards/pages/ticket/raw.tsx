/** The whole log as it was sent, and parts of the trace that no section is for. */

import type { VNode } from "preact";
import type { TicketData } from "../../web/generated/contract.ts";
import { later } from "../../web/parts/later.tsx";
import { LazyCard } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { count } from "../../web/text/numbers.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Field } from "../../web/values/value.tsx";

const log = later<{ data: TicketData }>(async () => ({ default: (await import("./tools.tsx")).RawLog }));
/** So many unknown parts are not folded. */
const FEW_PARTS = 3;
const PORTION = 30;

export const UnknownCard = ({ unknown }: { unknown: [string, unknown][] }): VNode => (
  <LazyCard
    title={`Other parts of the trace (${count(unknown.length)})`}
    section="others"
    inside={() => jsonText(unknown)}
    isOpen={unknown.length <= FEW_PARTS}
    body={() => (
      <Portions items={unknown} portion={PORTION} draw={([name, value]) => <Field name={name} value={value} />} />
    )}
  />
);

export const RawCard = ({ data }: { data: TicketData }): VNode => (
  <LazyCard
    title="Raw JSON"
    body={() => <log.Draw of={{ data }} meanwhile={null} lost="Load the page again in a few seconds." />}
  />
);
