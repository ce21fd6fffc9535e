/** Conditions on numbers: those that are set, and one more. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { NUMBERS, OPERATORS, type PageParams } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Popover } from "../../web/parts/popover.tsx";
import { fromStart } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import {
  conditionList,
  conditionText,
  numberName,
  operatorName,
  withCondition,
  withoutCondition,
} from "./conditions.ts";

type Params = PageParams["tickets"];

export function ConditionForm({ params }: { params: Params }): VNode {
  const session = useSession();
  const box = useRef<HTMLDetailsElement>(null);
  const apply = (event: Event) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget as HTMLFormElement);
    const [chosen, own, operator, number] = ["name", "own", "operator", "number"].map((each) => String(told.get(each)));
    const name = own?.trim() || chosen || "";
    session.go(
      "tickets",
      fromStart({ ...params, where: withCondition(params.where, name, operator ?? "", number ?? "") }),
    );
    if (box.current) box.current.open = false;
  };
  return (
    <Popover box={box} class="cl-menu" name="condition" summary="Number …" isChosen={Boolean(params.where)}>
      <form class="cl-popover cl-condition" onSubmit={apply}>
        <label>
          Figure
          <select class="cl-select" name="name">
            {NUMBERS.map((name) => (
              <option key={name} value={name}>
                {numberName(name)}
              </option>
            ))}
          </select>
        </label>
        <label>
          or a metric of your own
          <input class="cl-input" name="own" maxLength={200} autocomplete="off" spellcheck={false} pattern="[^<>=!]*" />
        </label>
        <div class="cl-pair">
          <label>
            is
            <select class="cl-select" name="operator" aria-label="Comparison">
              {OPERATORS.map((operator) => (
                <option key={operator} value={operator}>
                  {operatorName(operator)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Number
            <input class="cl-input" name="number" type="number" step="any" required />
          </label>
        </div>
        <button class="cl-button cl-primary" type="submit">
          Add
        </button>
      </form>
    </Popover>
  );
}

/** The conditions that are set, each to be taken away; null where there is none. */
export function ConditionChips({ params }: { params: Params }): VNode | null {
  const set = conditionList(params.where);
  if (!set.length) return null;
  return (
    <ul class="cl-narrowed" aria-label="Conditions">
      {set.map((each) => (
        <li key={each}>
          <bdi>{conditionText(each)}</bdi>
          <Link
            page="tickets"
            params={fromStart({ ...params, where: withoutCondition(params.where, each) })}
            class="cl-remove"
            title="Take this condition away"
            data-key={`not-${each}`}
          >
            <span class="cl-sr">Take away: {conditionText(each)}</span>
            <span aria-hidden="true">×</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
