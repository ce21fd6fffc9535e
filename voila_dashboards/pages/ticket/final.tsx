/** What a run said last. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { Card } from "../../web/parts/card.tsx";
import type { Turn } from "../../web/trace/conversation.ts";
import { finalOf } from "../../web/trace/final.ts";
import { Blocks } from "./block-view.tsx";

export interface FinalProps {
  final: unknown;
  turns: readonly Turn[];
}

export function FinalCard({ final, turns }: FinalProps): VNode {
  const blocks = useMemo(() => finalOf(final), [final]);
  const last = turns.at(-1);
  return (
    <Card title="Final response" section="final">
      {blocks.length > 0 && (
        <div class="cl-final">
          <Blocks blocks={blocks} />
        </div>
      )}
      {blocks.length === 0 && (
        <p class="cl-muted">
          The log has no final response.
          {last && (
            <>
              {" "}
              The last turn of the conversation is <bdi>{last.name}</bdi>.
            </>
          )}
        </p>
      )}
    </Card>
  );
}
