/** Tickets that are chosen in the list, two of which can be compared; also from different pages of it. */

import type { VNode } from "preact";
import type { TicketRow } from "../../web/generated/contract.ts";
import { useKept } from "../../web/parts/kept.ts";
import { Link } from "../../web/parts/link.tsx";
import { clip, label } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";

export type Chosen = Pick<TicketRow, "client_id" | "log_id" | "ticket_id" | "executed_at_ms">;

export interface Choosing {
  chosen: readonly Chosen[];
  isChosen: (row: Chosen) => boolean;
  turn: (row: Chosen) => void;
  clear: () => void;
}

const NONE: readonly Chosen[] = [];

export function useChosen(): Choosing {
  const [chosen, choose] = useKept("chosen tickets", NONE);
  const isChosen = (row: Chosen) => chosen.some((each) => isSame(each, row));
  const turn = (row: Chosen) => choose(isChosen(row) ? chosen.filter((each) => !isSame(each, row)) : [...chosen, row]);
  return { chosen, isChosen, turn, clear: () => choose(NONE) };
}

const isSame = (a: Chosen, b: Chosen): boolean => a.client_id === b.client_id && a.log_id === b.log_id;

export const ChooseBox = ({ row, choosing }: { row: TicketRow; choosing: Choosing }): VNode => (
  <input
    type="checkbox"
    class="cl-choose"
    aria-label={`Choose ${clip(label(row.ticket_id), 80)} to compare`}
    title="Choose two to compare"
    checked={choosing.isChosen(row)}
    onChange={() => choosing.turn(row)}
  />
);

/** What is chosen, and the way to the comparison; nothing where none is. */
export function ChosenBar({ choosing: { chosen, turn, clear } }: { choosing: Choosing }): VNode {
  return (
    <div class="cl-chosen-bar" role="region" aria-label="Compare" hidden={!chosen.length}>
      <span role="status">{wordsOf(chosen.length)}</span>
      <ul class="cl-narrowed">
        {chosen.map((each) => (
          <li key={`${each.client_id} ${each.log_id}`}>
            <bdi>{clip(label(each.ticket_id), 40)}</bdi>
            <button type="button" class="cl-remove" onClick={() => turn(each)}>
              <span class="cl-sr">Take away: {clip(label(each.ticket_id), 40)}</span>
              <span aria-hidden="true">×</span>
            </button>
          </li>
        ))}
      </ul>
      {chosen.length === 2 && (
        <Link page="compare" params={paramsOf(chosen)} class="cl-button cl-primary" data-key="compare">
          Compare
        </Link>
      )}
      <button type="button" class="cl-button" onClick={clear}>
        Clear
      </button>
    </div>
  );
}

function wordsOf(n: number): string {
  if (n === 0) return "";
  if (n === 1) return "1 chosen: choose another one to compare it with";
  return n === 2 ? "2 chosen" : `${count(n)} chosen: two can be compared`;
}

/** The newer one is looked at, the older one is what it is held against. */
function paramsOf(chosen: readonly Chosen[]) {
  const [then, now] = [...chosen].sort((a, b) => a.executed_at_ms - b.executed_at_ms) as [Chosen, Chosen];
  return {
    client_id: now.client_id,
    log_id: now.log_id,
    other_client_id: then.client_id === now.client_id ? "" : then.client_id,
    other_log_id: then.log_id,
  };
}
