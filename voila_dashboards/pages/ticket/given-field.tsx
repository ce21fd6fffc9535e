/** A field of a step: messages of models as turns, everything else as it is. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { CopyButton } from "../../web/parts/copy.tsx";
import { isBlank } from "../../web/text/labels.ts";
import { turnsOf } from "../../web/trace/conversation.ts";
import { usualOf } from "../../web/trace/unusual.ts";
import { jsonText, parseJson } from "../../web/values/exact.ts";
import { Field, Value } from "../../web/values/value.tsx";
import { Folded } from "./block-view.tsx";
import { messagesIn } from "./given.ts";
import { Turns } from "./messages.tsx";

export function GivenField({ name, value }: { name: string; value: unknown }): VNode | null {
  const given = useMemo(() => messagesIn(typeof value === "string" ? parseJson(value, null) : value), [value]);
  const turns = useMemo(() => (given ? turnsOf(usualOf(given.messages)) : []), [given]);
  if (!given) return <Field name={name} value={value} />;
  const { rest } = given;
  return (
    <div class="cl-field">
      <h4>
        {name}
        <CopyButton text={() => (typeof value === "string" ? value : jsonText(value, 2))} />
      </h4>
      <Turns turns={turns} />
      {!isBlank(rest) && (
        <Folded
          title="Beside the messages"
          lead={Object.keys(rest ?? {}).join(", ")}
          inside={() => jsonText(rest)}
          body={() => <Value value={rest} />}
        />
      )}
    </div>
  );
}
