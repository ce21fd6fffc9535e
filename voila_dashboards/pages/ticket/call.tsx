/** One tool call: what it was given, and what came back. */

import type { VNode } from "preact";
import { Dotted } from "../../web/parts/words.tsx";
import { isBlank, isRecord, label } from "../../web/text/labels.ts";
import { duration } from "../../web/text/numbers.ts";
import type { Part } from "../../web/trace/trace.ts";
import { Field } from "../../web/values/value.tsx";

/** A call within another step: its name, how it ended, and its body. */
export function Call({ call }: { call: Part }): VNode {
  const { raw } = call;
  const facts = [call.duration !== null && duration(call.duration), !isBlank(raw.id) && label(raw.id)];
  return (
    <div class={`cl-call ${call.failed ? "cl-call-failed" : ""}`}>
      <div class="cl-call-head">
        <code class="cl-call-name">{call.name}</code>
        <Ended call={call} />
        <span class="cl-muted cl-call-facts">
          <Dotted items={facts} />
        </span>
      </div>
      <CallBody call={call} />
    </div>
  );
}

/** What a call was given, and what came back. */
export function CallBody({ call }: { call: Part }): VNode {
  const { raw } = call;
  return (
    <>
      <Field name="Error" value={raw.error} class="cl-error" />
      <Field name="Arguments" value={raw.arguments} otherwise="none" />
      {isBlank(raw.error) ? (
        <Field name="Result" value={raw.result} otherwise="none" />
      ) : (
        <Field name="Result" value={raw.result} />
      )}
      <Field name="Value" value={raw.value} />
      <Field name="Other fields" value={call.rest} />
    </>
  );
}

/** How a step ended, as the log says; nothing where it does not: a debugger makes up no success. */
export function Ended({ call: { raw, failed } }: { call: Part }): VNode | null {
  if (isBlank(raw.status) && !failed) return null;
  return <span class={`cl-badge cl-s-${failed ? "failed" : "success"}`}>{label(wordOf(raw.status), "error")}</span>;
}

/** OpenTelemetry's statuses are objects. */
const wordOf = (status: unknown): unknown =>
  isRecord(status) ? (status.code ?? status.status_code ?? status.statusCode ?? status.state ?? status) : status;
