/** Above everything: what went wrong, and the way to where. */

import type { VNode } from "preact";
import { clip } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import type { Run } from "../../web/trace/trace.ts";
import type { Debug } from "./debug.ts";
import { hitOf, reasonOf } from "./failures.ts";
import type { Hit } from "./find.ts";

interface TroubleProps {
  debug: Debug;
  run: Run;
  go: (hit: Hit) => void;
}

export function Trouble({ debug: { trouble, failures, tree }, run, go }: TroubleProps): VNode | null {
  if (!trouble) return null;
  const { part, place } = trouble;
  const where = place === null ? tree.parents.get(part)?.name : `turn ${count(place + 1)}`;
  const why = reasonOf(part, run.errors);
  const others = failures.length - 1;
  return (
    <div class="cl-trouble">
      <p>
        <span aria-hidden="true">✕ </span>
        <strong dir="auto">{clip(part.name, 80)}</strong>
        {where && (
          <>
            {" in "}
            <bdi>{clip(where, 60)}</bdi>
          </>
        )}
        {" failed"}
        {why && (
          <>
            {": "}
            <bdi>{why}</bdi>
          </>
        )}
        {others > 0 && <span class="cl-muted">{` and ${count(others)} more`}</span>}
      </p>
      <button type="button" class="cl-button cl-small" onClick={() => go(hitOf(trouble))}>
        {place === null ? "Show step" : "Show turn"}
      </button>
    </div>
  );
}
