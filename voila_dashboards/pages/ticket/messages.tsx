/** What was said, turn by turn, and what the run said last. */

import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Card } from "../../web/parts/card.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { isBlank } from "../../web/text/labels.ts";
import { plural } from "../../web/text/numbers.ts";
import { type Block, type Call, wordsOf } from "../../web/trace/blocks.ts";
import { finalOf, type Turn, turnsOf } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Field, Value } from "../../web/values/value.tsx";
import { Blocks, Folded, type StepOf } from "./block-view.tsx";
import type { Debug } from "./debug.ts";

const PORTION = 60;

interface ConversationProps {
  turns: readonly Turn[];
  debug: Debug | null;
  show: (key: string) => void;
  /** The place of a turn to go to. */
  sought?: number | null;
}

/** The turns of a run's messages. */
export const useTurns = (run: Run | null, debug: Debug | null): Turn[] =>
  useMemo(() => (run ? turnsOf(run.messages, callsOf(debug)) : []), [run, debug]);

export function Conversation({ turns, debug, show, sought = null }: ConversationProps): VNode {
  const stepOf = useMemo(() => stepsByCall(debug, show), [debug, show]);
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
  sought?: number | null;
}

export const Turns = ({ turns, stepOf = () => null, sought = null }: TurnsProps): VNode => (
  <ol class="cl-messages">
    <Portions
      items={turns}
      portion={PORTION}
      atLeast={sought === null ? 0 : sought + 1}
      draw={(turn, i) => <Message turn={turn} stepOf={stepOf} isSought={i === sought} />}
    />
  </ol>
);

/** The way from a call in a message to its step, by the id that both have. */
function stepsByCall(debug: Debug | null, show: (key: string) => void): StepOf {
  const keys = new Map<string, string>();
  for (const [key, part] of debug?.tree.byKey ?? [])
    if (part.kind === "tool call" && typeof part.raw.id === "string") keys.set(part.raw.id, key);
  return (call: Call) => {
    const key = call.key ?? keys.get(call.id);
    return key === undefined ? null : () => show(key);
  };
}

function Message({ turn, stepOf, isSought }: { turn: Turn; stepOf: StepOf; isSought: boolean }): VNode {
  const { role, name, blocks, rest } = turn;
  const place = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    if (isSought) place.current?.scrollIntoView({ block: "center" });
  }, [isSought]);
  return (
    <li ref={place} aria-current={isSought ? "true" : undefined} class={`cl-message cl-m-${role}`}>
      <p class="cl-message-name">
        <bdi>{name}</bdi>
      </p>
      <div class="cl-message-body">
        {role === "system" ? (
          <Folded
            title="System prompt"
            lead={leadOf(blocks)}
            inside={() => wordsOf(blocks)}
            body={() => <Blocks blocks={blocks} />}
          />
        ) : (
          <Blocks blocks={blocks} stepOf={stepOf} isSaid={role !== "tool"} />
        )}
        {!blocks.length && <p class="cl-muted">no content</p>}
        {!isBlank(rest) && (
          <Folded
            title="Other fields"
            lead={Object.keys(rest).join(", ")}
            inside={() => jsonText(rest)}
            body={() => <Field name="Other fields" value={rest} />}
          />
        )}
      </div>
    </li>
  );
}

const leadOf = (blocks: readonly Block[]): string => {
  const words = blocks.find((block) => block.kind === "text");
  return words?.kind === "text" ? words.text.slice(0, 400) : "";
};

export function FinalCard({ final }: { final: unknown }): VNode {
  const { blocks, rest } = useMemo(() => finalOf(final), [final]);
  return (
    <Card title="Final response">
      {blocks.length ? (
        <div class="cl-final">
          <Blocks blocks={blocks} />
          {!isBlank(rest) && (
            <Folded
              title="Other fields"
              lead={Object.keys(rest).join(", ")}
              inside={() => jsonText(rest)}
              body={() => <Value value={rest} />}
            />
          )}
        </div>
      ) : (
        <p class="cl-muted">The run gave no final response.</p>
      )}
    </Card>
  );
}
