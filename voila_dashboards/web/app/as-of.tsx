/** Says that the page goes on with what was known last, while the store does not answer. */

import type { VNode } from "preact";
import type { Payload } from "../generated/contract.ts";
import { isMoment, shortTime } from "../text/times.ts";

export function AsOf({ payload }: { payload: Pick<Payload, "as_of_ms" | "now_ms" | "is_current"> }): VNode | null {
  if (payload.is_current !== false || !isMoment(payload.as_of_ms)) return null;
  const when = shortTime(payload.as_of_ms, payload.now_ms);
  return (
    <p class="cl-as-of" role="status">
      <time dateTime={new Date(payload.as_of_ms).toISOString()}>As of {when}</time>: the log store does not answer just
      now. Newer logs are shown as soon as it does.
    </p>
  );
}
