/** What narrows and orders the list, in one row; on a phone folded behind a button that says how much of it is set. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { PagePayload } from "../../web/generated/contract.ts";
import { count } from "../../web/text/numbers.ts";
import { FailedCallsChoice, SortChoice, ValueChoices } from "./choices.tsx";
import { ColumnsChoice } from "./columns-choice.tsx";
import { ConditionForm } from "./condition-form.tsx";
import { conditionList } from "./conditions.ts";
import { Downloads } from "./downloads.tsx";

type FiltersProps = Pick<PagePayload<"tickets">, "data" | "params" | "may">;

export function Filters({ data, params, may }: FiltersProps): VNode {
  const [isOpen, open] = useState(false);
  const { category, version, environment, failed_calls } = params;
  const set =
    [category, version, environment, failed_calls].filter(Boolean).length + conditionList(params.where).length;
  return (
    <div class={`cl-filters ${isOpen ? "" : "cl-filters-folded"}`}>
      <button type="button" class="cl-button cl-unfold" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
        Filters, order, files{set ? ` (${count(set)} set)` : ""}
      </button>
      <ValueChoices data={data} params={params} />
      <FailedCallsChoice params={params} />
      <ConditionForm params={params} />
      <SortChoice params={params} may={may} />
      <span class="cl-grow" />
      <ColumnsChoice params={params} may={may} />
      <Downloads params={params} found={data.found} />
    </div>
  );
}
