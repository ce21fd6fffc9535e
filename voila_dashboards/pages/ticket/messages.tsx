/** What was said, turn by turn, and what the run said last. */

import type { VNode } from "preact";
import { useContext, useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Card } from "../../web/parts/card.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { gapStyle, usePiece } from "../../web/parts/room.ts";
import { NOTHING_SOUGHT, Sought } from "../../web/parts/sought.ts";
import { plural } from "../../web/text/numbers.ts";
import { areEmpty, type Block, wordsOf } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { turnsIn } from "../../web/trace/told.ts";
import type { Run } from "../../web/trace/trace.ts";
import { isUnusual } from "../../web/trace/usual.ts";
import { Blocks, Folded, type StepOf } from "./block-view.tsx";

const PORTION = 40;

interface ConversationProps {
  turns: readonly Turn[];
  show: (key: string) => void;
  /** The turn to go to: another look each time, at the same turn too. */
  look?: TurnLook | null;
}

export interface TurnLook {
  place: number;
}

/** The run with messages as they are read; undefined while what reads unusual ones is fetched. */
export function useUsual(run: Run | null): Run | null | undefined {
  const isAsItIs = useMemo(() => !run?.messages.some(isUnusual), [run]);
  const [made, setMade] = useState<readonly [of: Run, run: Run] | null>(null);
  useEffect(() => {
    if (isAsItIs || !run) return;
    let isOver = false;
    withUsual(run).then((found) => isOver || setMade([run, found]));
    return () => {
      isOver = true;
    };
  }, [run, isAsItIs]);
  return isAsItIs ? run : made?.[0] === run ? made?.[1] : undefined;
}

/** As it is where that cannot be had. */
const withUsual = (run: Run): Promise<Run> =>
  import("./tools.tsx").then(
    ({ usualOf }) => ({ ...run, messages: usualOf(run.messages) }),
    () => run,
  );

/** The turns of a run's messages. */
export const useTurns = (run: Run | null): Turn[] => useMemo(() => (run ? turnsIn(run) : []), [run]);

export function Conversation({ turns, show, look = null }: ConversationProps): VNode {
  const stepOf: StepOf = ({ key }) => (key === undefined ? null : () => show(key));
  return (
    <Card title={`Conversation (${plural(turns.length, "turn")})`}>
      <Turns turns={turns} stepOf={stepOf} sought={look?.place ?? null} look={look} />
    </Card>
  );
}

interface TurnsProps {
  turns: readonly Turn[];
  stepOf?: StepOf;
  /** The place of the turn that a search is at; undefined where it is at what the turns stand in. */
  sought?: number | null;
  look?: TurnLook | null;
}

export const Turns = ({ turns, stepOf = () => null, sought, look = null }: TurnsProps): VNode => (
  <ol class="cl-messages">
    <Portions
      items={turns}
      portion={PORTION}
      at={sought ?? null}
      draw={(turn, i) => (
        <Message
          turn={turn}
          stepOf={stepOf}
          isSought={i === sought}
          look={i === sought ? look : null}
          mayOpen={sought === undefined || i === sought}
        />
      )}
    />
  </ol>
);

interface MessageProps {
  turn: Turn;
  stepOf: StepOf;
  isSought: boolean;
  look: TurnLook | null;
  /** Whether what is folded in it opens for a search: only while that is at this turn, or at what it stands in. */
  mayOpen: boolean;
}

function Message({ turn, stepOf, isSought, look, mayOpen }: MessageProps): VNode {
  const { place, gap } = usePiece<HTMLLIElement>();
  const words = useContext(Sought);
  const here = useMemo(() => (mayOpen ? [...words] : NOTHING_SOUGHT), [words, mayOpen]);
  useLayoutEffect(() => {
    if (isSought && !isInSight(place.current)) place.current?.scrollIntoView({ block: "center" });
  }, [isSought, look]);
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

/** The search stays at the top, in px on a phone too, and covers what is below it. */
const COVERED = 120;

const isInSight = (element: Element | null): boolean => {
  const { top, bottom } = element?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  return top >= COVERED && bottom <= innerHeight;
};

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
