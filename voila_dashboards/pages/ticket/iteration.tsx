/** One iteration: what the model was given, thought, did and saw. */

import type { VNode } from "preact";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { Dotted } from "../../web/parts/words.tsx";
import { isBlank, label } from "../../web/text/labels.ts";
import { count, num } from "../../web/text/numbers.ts";
import { localTime, zone } from "../../web/text/times.ts";
import type { Part } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Field } from "../../web/values/value.tsx";
import { Call } from "./call.tsx";
import { GivenField } from "./given-field.tsx";

export function IterationBody({ step }: { step: Part }): VNode {
  const { raw } = step;
  const model = modelOf(step);
  const isEmpty =
    !model.length &&
    !step.children.length &&
    [raw.input, raw.thought, raw.action, raw.value, raw.observation, raw.error, step.rest].every(isBlank);
  if (isEmpty) return <p class="cl-muted cl-nothing">Nothing was recorded inside this iteration.</p>;
  return (
    <>
      {!isBlank(raw.input) && (
        <LazyDetails
          class="cl-field cl-given"
          summary="Given to the model"
          inside={() => jsonText(raw.input)}
          body={() => <GivenField name="Input" value={raw.input} />}
        />
      )}
      <Field name="Error" value={raw.error} class="cl-error" />
      <Field name="Thought" value={raw.thought} />
      <Field name="Action" value={raw.action} />
      <Field name="Value" value={raw.value} />
      <Calls calls={step.children} />
      <Observation step={step} />
      <Field name="Other fields" value={step.rest} />
      {model.length > 0 && (
        <p class="cl-model">
          <Dotted items={model} />
        </p>
      )}
    </>
  );
}

const PORTION = 20;

function Calls({ calls }: { calls: Part[] }): VNode | null {
  if (!calls.length) return null;
  return (
    <div class="cl-field">
      <h4>{calls.length > 1 ? `Tool calls (${calls.length})` : "Tool call"}</h4>
      <Portions items={calls} portion={PORTION} draw={(call) => <Call call={call} />} />
    </div>
  );
}

/** What was seen; where that is what a call returned, it is not said twice. */
function Observation({ step }: { step: Part }): VNode | null {
  const seen = step.raw.observation;
  const repeated = isBlank(seen) ? null : step.children.find((call) => jsonText(call.raw.result) === jsonText(seen));
  if (!repeated) return <Field name="Observation" value={seen} />;
  return (
    <div class="cl-field">
      <h4>Observation</h4>
      <p class="cl-muted">
        Equal to the result of <code>{repeated.name}</code>.
      </p>
    </div>
  );
}

function modelOf({ raw, start }: Part): string[] {
  const { model, input_tokens: read, output_tokens: written, cached } = raw;
  const words = [
    !isBlank(model) && label(model),
    num(read) !== null && `${count(read)} input tokens`,
    num(written) !== null && `${count(written)} output tokens`,
    cached === true && "answered from a cache",
    start !== null && `started ${localTime(start, true)} (${zone(start)})`,
  ];
  return words.filter((each) => typeof each === "string");
}
