/** What is said where a link leads to a step that is not there. */

import type { VNode } from "preact";
import { clip } from "../../web/text/labels.ts";

export const Gone = ({ step }: { step: string }): VNode => (
  <p class="cl-as-of" role="status">
    This ticket has no step <bdi>{clip(step, 60)}</bdi>, to which the link leads: the log may have been sent anew. It is
    shown from where it would open.
  </p>
);
