/** What a terminal shows at the end of its output, how much was written over on the way, and all of it on request. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { plural } from "../text/numbers.ts";
import { asWritten, endOf } from "../text/terminal.ts";

interface ScreenProps {
  text: string;
  /** Whether a text holds what is searched for. */
  isIn: (text: string) => boolean;
  draw: (text: string) => VNode;
}

export default function ScreenView({ text, isIn, draw }: ScreenProps): VNode {
  const { text: shown, overwritten } = useMemo(() => endOf(text), [text]);
  const [isAsked, showAll] = useState(false);
  const isSought = useMemo(() => isIn(text) && !isIn(shown), [isIn, text, shown]);
  const isAll = isAsked || isSought;
  return (
    <>
      {draw(isAll ? asWritten(text) : shown)}
      {overwritten > 0 && (
        <>
          <small class="cl-muted">
            {plural(overwritten, "letter")} of this output {overwritten === 1 ? "was" : "were"} written over.
          </small>
          <button type="button" class="cl-more" aria-expanded={isAll} onClick={() => showAll(!isAll)}>
            {isAll ? "Show it as a terminal does at the end" : "Show all that was written"}
          </button>
        </>
      )}
    </>
  );
}
