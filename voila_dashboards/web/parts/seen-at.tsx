/** When the figures of a page were seen. */

import type { VNode } from "preact";
import type { Payload } from "../generated/contract.ts";
import { shortTime, utcTime, zone } from "../text/times.ts";

export function SeenAt({ payload }: { payload: Pick<Payload, "as_of_ms" | "now_ms"> }): VNode {
  const when = new Date(payload.as_of_ms).toISOString();
  return (
    <span class="cl-muted">
      as of{" "}
      <time dateTime={when} title={utcTime(payload.as_of_ms)}>
        {shortTime(payload.as_of_ms, payload.now_ms)} {zone(payload.as_of_ms)}
      </time>
    </span>
  );
}
