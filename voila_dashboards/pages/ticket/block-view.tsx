/** Blocks of a message as what they are. */

import type { ComponentChildren, VNode } from "preact";
import { CopyButton } from "../../web/parts/copy.tsx";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { clip, isBlank, isRecord } from "../../web/text/labels.ts";
import { bytes } from "../../web/text/numbers.ts";
import { areEmpty, type Block, type Call, type Result } from "../../web/trace/blocks.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Picture } from "../../web/values/picture.tsx";
import { Prose } from "../../web/values/prose.tsx";
import { Value } from "../../web/values/value.tsx";

/** The step that a call is in the list of steps, where there is one. */
export type StepOf = (call: Call) => (() => void) | null;

const PORTION = 40;

interface BlocksProps {
  blocks: readonly Block[];
  stepOf?: StepOf;
  /** What a tool gave back is read as it stands, what is said as Markdown. */
  isSaid?: boolean;
}

export const Blocks = ({ blocks, stepOf = () => null, isSaid = true }: BlocksProps): VNode => (
  <Portions
    items={blocks}
    portion={PORTION}
    draw={(block) => <BlockView block={block} stepOf={stepOf} isSaid={isSaid} />}
  />
);

function BlockView({ block, stepOf, isSaid }: { block: Block; stepOf: StepOf; isSaid: boolean }): VNode {
  if (block.kind === "text") return isSaid ? <Said text={block.text} /> : <Value value={block.text} room={2} />;
  if (block.kind === "thought")
    return (
      <Folded
        title="Thought"
        of={block}
        lead={block.text}
        inside={() => block.text}
        body={() => <Said text={block.text} />}
      />
    );
  if (block.kind === "call") return <CallCard call={block} step={stepOf(block)} />;
  if (block.kind === "result") return <LoneResult result={block} />;
  if (block.kind === "rest") return <OtherFields value={block.value} />;
  if (block.kind === "picture") return <Picture src={block.src} />;
  return (
    <div class="cl-field">
      {block.name && <p class="cl-field-name">{block.name}</p>}
      <Value value={block.value} />
    </div>
  );
}

/** Fields that nothing else shows. */
const OtherFields = ({ value }: { value: unknown }): VNode => (
  <Folded
    title="Other fields"
    lead={(Array.isArray(value) ? value : [value])
      .flatMap((each) => (isRecord(each) ? Object.keys(each) : []))
      .join(", ")}
    inside={() => jsonText(value)}
    body={() => <Value value={value} />}
  />
);

/** JSON that somebody says is shown as the JSON it is; `[5]` is no JSON, but a note. */
export const Said = ({ text }: { text: string }): VNode =>
  /^\s*(\{|\[\s*[[{"])/.test(text) ? <Value value={text} room={6} /> : <Prose text={text} />;

interface FoldedProps {
  title: string;
  /** What it begins with is said beside its title. */
  lead: string;
  /** All of it, as text, for who searches. */
  inside: () => string;
  body: () => ComponentChildren;
  /** What it shows; see `LazyDetails`. */
  of?: object;
}

export const Folded = ({ title, lead, inside, body, of }: FoldedProps): VNode => (
  <LazyDetails
    class="cl-folded"
    of={of}
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
  const { result, failed, rest } = call;
  return (
    <div class={`cl-call ${failed ? "cl-call-failed" : ""}`}>
      <div class="cl-call-head">
        <code class="cl-call-name">{call.name}</code>
        {failed && <span class="cl-badge cl-s-failed">failed</span>}
        {step && (
          <button type="button" class="cl-more cl-call-facts" onClick={step}>
            Show step
          </button>
        )}
      </div>
      {isBlank(call.given) ? null : <Value value={call.given} />}
      {result ? <Answer result={result} /> : <p class="cl-muted cl-nothing">No result is in the log.</p>}
      {!isBlank(rest) && <OtherFields value={rest} />}
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
        <Folded
          title={`Result (${bytes(text.length)})`}
          of={result}
          lead={text.slice(0, 400)}
          inside={() => text}
          body={drawn}
        />
      ) : (
        <>
          <p class="cl-field-name">
            Result
            <CopyButton text={() => text} />
          </p>
          {areEmpty(result.blocks) && <p class="cl-muted">nothing</p>}
          {drawn()}
        </>
      )}
    </div>
  );
}

const textOf = ({ blocks }: Result): string =>
  blocks
    .filter((block) => block.kind !== "rest")
    .map((block) => (block.kind === "text" ? block.text : jsonText(block.kind === "other" ? block.value : block)))
    .join("\n");

const LoneResult = ({ result }: { result: Result }): VNode => (
  <div class="cl-call">
    <div class="cl-call-head">
      <code class="cl-call-name">{result.name || "tool"}</code>
      <span class="cl-muted">
        {result.isAnother ? "another result of a call above" : "a result whose call is not known"} {result.id}
      </span>
    </div>
    <Answer result={result} />
  </div>
);
