/** What the selected step holds: where it lies, what it took, and everything that was recorded of it. */

import type { VNode } from "preact";
import { CopyButton } from "../../web/parts/copy.tsx";
import { Dotted } from "../../web/parts/words.tsx";
import { clip, isBlank, label } from "../../web/text/labels.ts";
import { count, duration, money, plural, short } from "../../web/text/numbers.ts";
import { localTime, zone } from "../../web/text/times.ts";
import { hasFailed } from "../../web/trace/endings.ts";
import { fieldsOf } from "../../web/trace/step-fields.ts";
import type { Part } from "../../web/trace/trace.ts";
import { Field } from "../../web/values/value.tsx";
import { placeOf } from "./bar.tsx";
import { CallBody, Ended } from "./call.tsx";
import { linkOf } from "./debug.ts";
import { ownInWords, shareInWords } from "./figures-in-words.ts";
import { GivenField } from "./given-field.tsx";
import { IterationBody } from "./iteration.tsx";
import type { Looking } from "./looking.ts";
import type { Measured } from "./measured.ts";
import { ancestorsOf } from "./opened.ts";
import { tookInWords, tookOf } from "./took.ts";

interface DetailsProps {
  debug: Measured;
  looking: Looking;
}

export function Details({ debug, looking }: DetailsProps): VNode {
  const { part } = looking;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach that
    <section class="cl-details" aria-label={`Step ${part.name}`} tabIndex={0}>
      <Way part={part} debug={debug} look={looking.look} />
      <div class="cl-details-head">
        <h3>
          <span class={`cl-dot cl-g-${part.failed ? "failed" : dotOf(part)}`} aria-hidden="true" />
          <bdi>{part.name}</bdi>
        </h3>
        <Ended call={part} />
        <CopyButton text={() => linkOf(part)} words="Copy link" />
      </div>
      <StepFigures part={part} debug={debug} />
      <Body part={part} debug={debug} look={looking.look} />
    </section>
  );
}

const dotOf = ({ kind }: Part): string => (kind === "tool call" ? "call" : kind);

const MOST_AROUND = 12;

/** What the step lies in, as buttons that go there. */
function Way({ part, debug, look }: { part: Part; debug: Measured; look: (key: string) => void }): VNode | null {
  const around = ancestorsOf(part, debug.tree);
  const shown = around.slice(-MOST_AROUND);
  const parent = part.raw.parent;
  if (!around.length)
    return isBlank(parent) ? null : <p class="cl-way cl-muted">{`inside ${clip(label(parent), 80)}`}</p>;
  return (
    <p class="cl-way">
      {around.length > shown.length && (
        <span class="cl-muted">{`${count(around.length - shown.length)} more, then `}</span>
      )}
      {shown.map((each) => (
        <button key={each.key} type="button" class="cl-more" onClick={() => look(each.key)}>
          <bdi>{clip(each.name, 40)}</bdi>
        </button>
      ))}
    </p>
  );
}

function StepFigures({ part, debug }: { part: Part; debug: Measured }): VNode | null {
  const figures = debug.figures.get(part);
  const { layout } = debug;
  const place = placeOf(part, layout);
  const took = tookOf(part, layout);
  const began = part.start !== null && `${localTime(part.start, true)} (${zone(part.start)})`;
  const hasTokens = figures && (figures.inputTokens !== null || figures.outputTokens !== null);
  const facts: [string, string | null | undefined | false][] = [
    ["Took", part.duration !== null && duration(part.duration)],
    ["Time", part.duration === null && took && tookInWords(part, took)],
    ["Of the run", figures && shareInWords(figures)],
    ["Own time", part.children.length > 0 && figures && ownInWords(figures)],
    ["Began", layout.isTimed && !place.isGuessed && `+${duration(place.from)}`],
    ["Tokens", hasTokens && `${short(figures.inputTokens)} in · ${short(figures.outputTokens)} out`],
    ["Cost", figures?.cost != null && money(figures.cost)],
    ["Failed in it", part.children.length > 0 && figures && figures.failures > 0 && count(figures.failures)],
    ["At", began],
  ];
  const told = facts.filter(([, value]) => value);
  if (!told.length) return null;
  return (
    <dl class="cl-facts cl-step-facts">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface BodyProps {
  part: Part;
  debug: Measured;
  look: (key: string) => void;
}

function Body({ part, look }: BodyProps): VNode {
  if (part.kind === "iteration") return <IterationBody step={part} />;
  if (part.kind === "tool call") return <CallBody call={part} />;
  const fields = fieldsOf(part);
  const isEmpty = !part.children.length && fields.every(([, value]) => isBlank(value));
  return (
    <>
      {fields.map(([name, value]) =>
        name === "Error" ? (
          <Field key={name} name={name} value={value} class="cl-error" />
        ) : (
          <GivenField key={name} name={name} value={value} />
        ),
      )}
      {isEmpty && <p class="cl-muted cl-nothing">Nothing was recorded inside this step.</p>}
      {part.children.length > 0 && <Inside part={part} look={look} />}
    </>
  );
}

const MOST_INSIDE = 12;

/** The steps in it, those that failed first, with the way to each. */
function Inside({ part, look }: { part: Part; look: (key: string) => void }): VNode {
  const { children, note } = part;
  const shown = [...children.filter((each) => each.failed), ...children.filter((each) => !each.failed)];
  const facts = [note, children.length > MOST_INSIDE && `the first ${MOST_INSIDE} of them`];
  return (
    <div class="cl-field">
      <h4>{plural(children.length, "step")} inside</h4>
      {facts.some(Boolean) && (
        <p class="cl-muted">
          <Dotted items={facts} />
        </p>
      )}
      <ul class="cl-ways">
        {shown.slice(0, MOST_INSIDE).map((each) => (
          <li key={each.key}>
            <button type="button" class="cl-more" onClick={() => look(each.key)}>
              <bdi>{clip(each.name, 60)}</bdi>
            </button>
            <span class="cl-muted">{each.duration === null ? "" : duration(each.duration)}</span>
            {each.failed && <span class="cl-bad">{hasFailed(each.raw) ? "failed" : "failed inside"}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
