/** Blocks of a message as what they are. */

import type { ComponentChildren, VNode } from "preact";
import { CopyButton } from "../../web/parts/copy.tsx";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { clip, isBlank } from "../../web/text/labels.ts";
import { bytes } from "../../web/text/numbers.ts";
import type { Block, Call, Result } from "../../web/trace/blocks.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Prose } from "../../web/values/prose.tsx";
import { Value } from "../../web/values/value.tsx";

/** The step that a call is in the list of steps, where there is one. */
export type StepOf = (call: Call) => (() => void) | null;

interface BlocksProps {
  blocks: readonly Block[];
  stepOf?: StepOf;
  /** What a tool gave back is read as it stands, what is said as Markdown. */
  isSaid?: boolean;
}

export const Blocks = ({ blocks, stepOf = () => null, isSaid = true }: BlocksProps): VNode => (
  <>
    {blocks.map((block, i) => (
      <BlockView key={i} block={block} stepOf={stepOf} isSaid={isSaid} />
    ))}
  </>
);

function BlockView({ block, stepOf, isSaid }: { block: Block; stepOf: StepOf; isSaid: boolean }): VNode {
  if (block.kind === "text") return isSaid ? <Said text={block.text} /> : <Value value={block.text} room={2} />;
  if (block.kind === "thought")
    return (
      <Folded title="Thought" lead={block.text} inside={() => block.text} body={() => <Said text={block.text} />} />
    );
  if (block.kind === "call") return <CallCard call={block} step={stepOf(block)} />;
  if (block.kind === "result") return <LoneResult result={block} />;
  if (block.kind === "picture") return <img class="cl-picture" src={block.src} alt="From the log" loading="lazy" />;
  return (
    <div class="cl-field">
      {block.name && <p class="cl-field-name">{block.name}</p>}
      <Value value={block.value} />
    </div>
  );
}

/** JSON that somebody says is shown as the JSON it is. */
export const Said = ({ text }: { text: string }): VNode =>
  /^\s*[[{]/.test(text) ? <Value value={text} room={6} /> : <Prose text={text} />;

interface FoldedProps {
  title: string;
  /** What it begins with is said beside its title. */
  lead: string;
  /** All of it, as text, for who searches. */
  inside: () => string;
  body: () => ComponentChildren;
}

export const Folded = ({ title, lead, inside, body }: FoldedProps): VNode => (
  <LazyDetails
    class="cl-folded"
    inside={inside}
    summary={
      <>
        <span>{title}</span>
        <span class="cl-folded-lead" dir="auto">
          {clip(lead.replace(/\s+/g, " ").trim(), 120)}
        </span>
      </>
    }
    body={body}
  />
);

function CallCard({ call, step }: { call: Call; step: (() => void) | null }): VNode {
  const { result } = call;
  return (
    <div class={`cl-call ${result?.failed ? "cl-call-failed" : ""}`}>
      <div class="cl-call-head">
        <code class="cl-call-name">{call.name}</code>
        {result?.failed && <span class="cl-badge cl-s-failed">failed</span>}
        {step && (
          <button type="button" class="cl-more cl-call-facts" onClick={step}>
            Show step
          </button>
        )}
      </div>
      {isBlank(call.given) ? null : <Value value={call.given} />}
      {result ? <Answer result={result} /> : <p class="cl-muted cl-nothing">No result is in the log.</p>}
    </div>
  );
}

/** A long result is folded: what the model made of it comes next. */
const LONG_RESULT = 2500;

function Answer({ result }: { result: Result }): VNode {
  const text = textOf(result);
  const drawn = () => <Blocks blocks={result.blocks} isSaid={false} />;
  return (
    <div class={`cl-field cl-answer ${result.failed ? "cl-error" : ""}`}>
      {text.length > LONG_RESULT ? (
        <Folded title={`Result (${bytes(text.length)})`} lead={text.slice(0, 400)} inside={() => text} body={drawn} />
      ) : (
        <>
          <p class="cl-field-name">
            Result
            <CopyButton text={() => text} />
          </p>
          {result.blocks.length ? drawn() : <p class="cl-muted">nothing</p>}
        </>
      )}
    </div>
  );
}

const textOf = ({ blocks }: Result): string =>
  blocks
    .map((block) => (block.kind === "text" ? block.text : jsonText(block.kind === "other" ? block.value : block)))
    .join("\n");

const LoneResult = ({ result }: { result: Result }): VNode => (
  <div class="cl-call">
    <div class="cl-call-head">
      <code class="cl-call-name">{result.name || "tool"}</code>
      <span class="cl-muted">a result whose call is not in the log</span>
    </div>
    <Answer result={result} />
  </div>
);
