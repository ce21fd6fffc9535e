/** Says in a sentence what of the address was not understood: nobody takes what is shown for the answer to it. */

import { Fragment, type VNode } from "preact";
import type { Payload } from "../generated/contract.ts";
import { count } from "../text/numbers.ts";

/** Null where everything was understood. */
export function LeftOut({ left_out: { told, more } }: Pick<Payload, "left_out">): VNode | null {
  if (!told.length) return null;
  return (
    <p class="cl-left-out cl-muted" role="status">
      Not understood, and left out:{" "}
      {told.map(({ param, text }, i) => (
        <Fragment key={`${param}=${text}`}>
          {i > 0 && ", "}
          <bdi>
            {param}={text}
          </bdi>
        </Fragment>
      ))}
      {more > 0 && ` and ${count(more)} more`}
    </p>
  );
}
