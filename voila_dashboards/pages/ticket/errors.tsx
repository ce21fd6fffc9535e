/** What the run recorded as errors, and the steps that failed, with the way to each. */

import type { VNode } from "preact";
import { type PagePayload, TRACE_FIELDS } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { clip, isBlank, label } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { type Part, type Run, restOf } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import { Field, Value } from "../../web/values/value.tsx";
import type { Debug } from "./debug.ts";
import { KindLinks } from "./kind-links.tsx";
import { kindOfError, kindOfStep } from "./kinds.ts";

const PORTION = 20;

interface ErrorsProps {
  payload: PagePayload<"ticket">;
  run: Run;
  /** Null where the run has no steps. */
  debug: Debug | null;
  show: (key: string) => void;
}

export function ErrorsCard({ payload, run: { errors }, debug, show }: ErrorsProps): VNode {
  const { error_kinds: kinds } = payload.data;
  const broken = debug?.failures ?? [];
  const none = broken.length ? "The run recorded none, but steps of it failed." : "The run recorded no errors.";
  return (
    <Card title={`Errors (${count(errors.length)})`} section="errors">
      {errors.length ? (
        <ul class="cl-errors">
          <Portions items={errors} portion={PORTION} draw={(error) => <RunError error={error} payload={payload} />} />
        </ul>
      ) : (
        <p class="cl-muted">{none}</p>
      )}
      {debug && broken.length > 0 && <FailedSteps debug={debug} show={show} payload={payload} />}
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
  const { type, node, stacktrace } = error;
  const message = error.message ?? error.value;
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

type FailedProps = Pick<ErrorsProps, "payload" | "show"> & { debug: Debug };

function FailedSteps({ debug: { failures, tree }, show, payload }: FailedProps): VNode {
  const draw = (part: Part) => {
    const around = tree.parents.get(part);
    return (
      <li>
        <button type="button" class="cl-more" onClick={() => show(part.key)}>
          {clip(part.name, 60)}
        </button>
        <Within part={around} />
        <KindLinks kind={kindOfStep(payload.data.error_kinds, part, around)} payload={payload} />
      </li>
    );
  };
  return (
    <div class="cl-field">
      <p class="cl-field-name">Failed steps ({count(failures.length)})</p>
      <ul class="cl-ways">
        <Portions items={failures} portion={PORTION} draw={draw} />
      </ul>
    </div>
  );
}

const Within = ({ part }: { part: Part | undefined }): VNode | null =>
  part ? (
    <span class="cl-muted">
      {"in "}
      <bdi>{clip(part.name, 40)}</bdi>
    </span>
  ) : null;
