/** What was said, turn by turn, and what the run said last. */

import type { VNode } from "preact";
import { useContext, useLayoutEffect, useMemo } from "preact/hooks";
import { Card } from "../../web/parts/card.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { gapStyle, usePiece } from "../../web/parts/room.ts";
import { NOTHING_SOUGHT, Sought } from "../../web/parts/sought.ts";
import { plural } from "../../web/text/numbers.ts";
import { areEmpty, type Block, wordsOf } from "../../web/trace/blocks.ts";
import { finalOf, type Turn, turnsOf } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { Blocks, Folded, type StepOf } from "./block-view.tsx";
import type { Debug } from "./debug.ts";

const PORTION = 40;

interface ConversationProps {
  turns: readonly Turn[];
  show: (key: string) => void;
  /** The place of a turn to go to. */
  sought?: number | null;
}

/** The turns of a run's messages. */
export const useTurns = (run: Run | null, debug: Debug | null): Turn[] =>
  useMemo(() => (run ? turnsOf(run.messages, callsOf(debug)) : []), [run, debug]);

export function Conversation({ turns, show, sought = null }: ConversationProps): VNode {
  const stepOf: StepOf = ({ key }) => (key === undefined ? null : () => show(key));
  return (
    <Card title={`Conversation (${plural(turns.length, "turn")})`}>
      <Turns turns={turns} stepOf={stepOf} sought={sought} />
    </Card>
  );
}

const callsOf = (debug: Debug | null): Part[] =>
  debug ? inSequence(debug.groups).filter((part) => part.kind === "tool call") : [];

interface TurnsProps {
  turns: readonly Turn[];
  stepOf?: StepOf;
  /** The place of the turn that a search is at; undefined where it is at what the turns stand in. */
  sought?: number | null;
}

export const Turns = ({ turns, stepOf = () => null, sought }: TurnsProps): VNode => (
  <ol class="cl-messages">
    <Portions
      items={turns}
      portion={PORTION}
      at={sought ?? null}
      draw={(turn, i) => (
        <Message turn={turn} stepOf={stepOf} isSought={i === sought} mayOpen={sought === undefined || i === sought} />
      )}
    />
  </ol>
);

interface MessageProps {
  turn: Turn;
  stepOf: StepOf;
  isSought: boolean;
  /** Whether what is folded in it opens for a search: only while that is at this turn, or at what it stands in. */
  mayOpen: boolean;
}

function Message({ turn, stepOf, isSought, mayOpen }: MessageProps): VNode {
  const { place, gap } = usePiece<HTMLLIElement>();
  const words = useContext(Sought);
  const here = useMemo(() => (mayOpen ? [...words] : NOTHING_SOUGHT), [words, mayOpen]);
  useLayoutEffect(() => {
    if (isSought) place.current?.scrollIntoView({ block: "center" });
  }, [isSought]);
  return (
    <li
      ref={place}
      aria-current={isSought ? "true" : undefined}
      class={`cl-message cl-m-${turn.role}`}
      {...gapStyle(gap)}
    >
      <Sought.Provider value={here}>{gap === null && <Spoken turn={turn} stepOf={stepOf} />}</Sought.Provider>
    </li>
  );
}

function Spoken({ turn, stepOf }: Pick<MessageProps, "turn" | "stepOf">): VNode {
  const { role, name, blocks } = turn;
  return (
    <>
      <p class="cl-message-name">
        <bdi>{name}</bdi>
      </p>
      <div class="cl-message-body">
        {areEmpty(blocks) && <p class="cl-muted">no content</p>}
        {role === "system" ? (
          <Folded
            title="System prompt"
            of={turn}
            lead={leadOf(blocks)}
            inside={() => wordsOf(blocks)}
            body={() => <Blocks blocks={blocks} />}
          />
        ) : (
          <Blocks blocks={blocks} stepOf={stepOf} isSaid={role !== "tool"} />
        )}
      </div>
    </>
  );
}

const leadOf = (blocks: readonly Block[]): string => {
  const words = blocks.find((block) => block.kind === "text");
  return words?.kind === "text" ? words.text.slice(0, 400) : "";
};

export function FinalCard({ final }: { final: unknown }): VNode {
  const blocks = useMemo(() => finalOf(final), [final]);
  return (
    <Card title="Final response" section="final">
      {blocks.length ? (
        <div class="cl-final">
          <Blocks blocks={blocks} />
        </div>
      ) : (
        <p class="cl-muted">The run gave no final response.</p>
      )}
    </Card>
  );
}
