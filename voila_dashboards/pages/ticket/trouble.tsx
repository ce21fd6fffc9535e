/** Above everything: what went wrong, and the way to where. */

import type { VNode } from "preact";
import { clip, isBlank, isRecord, label } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { hasFailed, type Part, type Run } from "../../web/trace/trace.ts";
import type { Debug } from "./debug.ts";

interface TroubleProps {
  debug: Debug;
  run: Run;
  show: (key: string) => void;
}

export function Trouble({ debug: { first, failures, tree }, run, show }: TroubleProps): VNode | null {
  if (!first || !hasFailed(first.raw)) return null;
  const parent = tree.parents.get(first);
  const why = reasonOf(first, run);
  const others = failures.length - 1;
  return (
    <div class="cl-trouble">
      <p>
        <span aria-hidden="true">✕ </span>
        <strong dir="auto">{clip(first.name, 80)}</strong>
        {parent && (
          <>
            {" in "}
            <bdi>{clip(parent.name, 60)}</bdi>
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
      <button type="button" class="cl-button cl-small" onClick={() => show(first.key)}>
        Show step
      </button>
    </div>
  );
}

/** What the step says, else what the run's last error of that node says. */
function reasonOf(part: Part, { errors }: Run): string {
  const sent = isRecord(part.raw.error) ? (part.raw.error.message ?? part.raw.error) : part.raw.error;
  const own = isBlank(sent) || sent === true ? "" : label(sent);
  const told = errors.filter((error) => error.node === part.name).at(-1)?.message;
  return clip(own || label(told, ""), 240);
}
