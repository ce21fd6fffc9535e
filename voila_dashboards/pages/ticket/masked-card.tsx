/** What was masked in this log, and by which rule. */

import type { VNode } from "preact";
import type { Log } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { plural } from "../../web/text/numbers.ts";
import { parseJson } from "../../web/values/exact.ts";
import { type MaskedRule, maskedOf, stepAt } from "./masked.ts";

export interface MaskedProps {
  log: Log;
  show: (key: string) => void;
}

export function MaskedCard({ log, show }: MaskedProps): VNode | null {
  const rules = maskedOf(parseJson(log.extra, null));
  if (!rules.length) return null;
  const values = rules.reduce((sum, each) => sum + each.count, 0);
  return (
    <Card title={`Masked before it was sent (${plural(values, "value")})`} section="masked">
      <ul class="cl-masked">
        <Portions
          items={rules}
          portion={20}
          draw={(rule) => (
            <li>
              <Rule rule={rule} show={show} />
            </li>
          )}
        />
      </ul>
    </Card>
  );
}

const Rule = ({
  rule: { rule, kind, count, paths },
  show,
}: {
  rule: MaskedRule;
  show: (key: string) => void;
}): VNode => (
  <LazyDetails
    class="cl-folded"
    summary={
      <>
        <b>{rule}</b>
        {rule !== kind && <span class="cl-muted"> as {kind}</span>}
        <span class="cl-muted"> · {plural(count, "value")}</span>
      </>
    }
    body={() => (
      <ul class="cl-ways">
        <Portions
          items={paths}
          portion={20}
          draw={(path) => (
            <li>
              <code>{path}</code>
              <Way step={stepAt(path)} show={show} />
            </li>
          )}
        />
      </ul>
    )}
  />
);

function Way({ step, show }: { step: string | null; show: (key: string) => void }): VNode | null {
  if (step === null) return null;
  return (
    <button type="button" class="cl-more" onClick={() => show(step)}>
      Show step
    </button>
  );
}
