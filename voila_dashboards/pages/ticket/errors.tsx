/** What the run recorded as errors, and the steps and calls that failed, with the way to each. */

import type { VNode } from "preact";
import { type PagePayload, TRACE_FIELDS } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { clip, isBlank, label } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { entrySays } from "../../web/trace/said-errors.ts";
import { type Run, restOf } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Field, Value } from "../../web/values/value.tsx";
import type { Debug } from "./debug.ts";
import { type Failure, hitOf } from "./failures.ts";
import type { Hit } from "./find.ts";
import { KindLinks } from "./kind-links.tsx";
import { kindOfError, kindOfStep } from "./kinds.ts";

const PORTION = 20;

interface ErrorsProps {
  payload: PagePayload<"ticket">;
  run: Run;
  /** Null where the run has no steps. */
  debug: Debug | null;
  go: (hit: Hit) => void;
}

export function ErrorsCard({ payload, run: { errors }, debug, go }: ErrorsProps): VNode {
  const { error_kinds: kinds } = payload.data;
  const broken = debug?.failures ?? [];
  const steps = broken.filter(({ place }) => place === null);
  const calls = broken.filter(({ place }) => place !== null);
  const what = steps.length ? "steps" : "calls";
  const none = broken.length ? `The run recorded none, but ${what} of it failed.` : "The run recorded no errors.";
  return (
    <Card title={`Errors (${count(errors.length)})`} section="errors">
      {errors.length ? (
        <ul class="cl-errors">
          <Portions items={errors} portion={PORTION} draw={(error) => <RunError error={error} payload={payload} />} />
        </ul>
      ) : (
        <p class="cl-muted">{none}</p>
      )}
      {debug && steps.length > 0 && <Failed of="steps" failures={steps} debug={debug} go={go} payload={payload} />}
      {debug && calls.length > 0 && <Failed of="calls" failures={calls} debug={debug} go={go} payload={payload} />}
      {(errors.length > 0 || broken.length > 0) && !kinds.length && (
        <p class="cl-muted">Other tickets with such errors are found once this log has been read into the tables.</p>
      )}
    </Card>
  );
}

interface RunErrorProps {
  error: Record<string, unknown>;
  payload: PagePayload<"ticket">;
}

function RunError({ error, payload }: RunErrorProps): VNode {
  const { node, stacktrace } = error;
  const { type, message: said } = entrySays(error);
  const message = isBlank(error.message) || typeof error.message === "string" ? said : error.message;
  return (
    <li>
      <p>
        <strong>{label(type, "Error")}</strong>
        {!isBlank(node) && (
          <span class="cl-muted">
            {" in "}
            <bdi>{label(node)}</bdi>
          </span>
        )}
      </p>
      {!isBlank(message) && <Value value={message} />}
      <KindLinks kind={kindOfError(payload.data.error_kinds, error)} payload={payload} />
      {!isBlank(stacktrace) && (
        <LazyDetails
          class="cl-stacktrace"
          summary="Stack trace"
          inside={() => (typeof stacktrace === "string" ? stacktrace : jsonText(stacktrace))}
          body={() => <pre>{typeof stacktrace === "string" ? stacktrace : jsonText(stacktrace, 2)}</pre>}
        />
      )}
      <Field name="Other fields" value={restOf(error, TRACE_FIELDS.errors)} />
    </li>
  );
}

type FailedProps = Pick<ErrorsProps, "payload" | "go"> & {
  of: "steps" | "calls";
  failures: readonly Failure[];
  debug: Debug;
};

function Failed({ of, failures, debug: { tree }, go, payload }: FailedProps): VNode {
  const draw = (failure: Failure) => {
    const { part, place } = failure;
    const around = tree.parents.get(part);
    return (
      <li>
        <button type="button" class="cl-more" onClick={() => go(hitOf(failure))}>
          {clip(part.name, 60)}
        </button>
        <Within name={place === null ? around?.name : `turn ${count(place + 1)}`} />
        <KindLinks kind={kindOfStep(payload.data.error_kinds, part, around)} payload={payload} />
      </li>
    );
  };
  return (
    <div class="cl-field">
      <p class="cl-field-name">{`Failed ${of} (${count(failures.length)})`}</p>
      <ul class="cl-ways">
        <Portions items={failures} portion={PORTION} draw={draw} />
      </ul>
    </div>
  );
}

const Within = ({ name }: { name: string | undefined }): VNode | null =>
  name === undefined ? null : (
    <span class="cl-muted">
      {"in "}
      <bdi>{clip(name, 40)}</bdi>
    </span>
  );
