/** The figures at the head of the overview, each against the time before, each with what it means. */

import type { VNode } from "preact";
import type { Figures, OverviewData, RangeName } from "../../web/generated/contract.ts";
import { Delta } from "../../web/parts/change.tsx";
import { Figure } from "../../web/parts/figure.tsx";
import { beforeWords } from "../../web/parts/range-picker.tsx";
import { useTip } from "../../web/parts/tip.tsx";
import { complete, LOSSES } from "../../web/text/losses.ts";
import { count, money, percent, plural, seconds, short } from "../../web/text/numbers.ts";

const MEANINGS = {
  tickets: "Executions of the workflow that were logged; a ticket that ran twice counts twice.",
  success: "Share of them that ended as SUCCESS.",
  median: "Half of them took less than this, from start to end.",
  p95: "One in twenty took longer than this.",
  errors: "Errors that the logs report; a ticket may have several.",
  calls: "Tool calls that failed, also within tickets that succeeded.",
  complete: "Stored logs, as a share of these and of those that senders report lost.",
  cost: "What the logs say that models cost, in US dollars.",
  tokens: "What the logs say that models read and wrote.",
};
const NOT_YET = "A loss that no later log has reported yet is not counted.";

type Against = (figure: keyof Figures, good: -1 | 0 | 1, inPoints?: boolean) => VNode;

export function Kpis({ data, range }: { data: OverviewData; range: RangeName | "" }): VNode {
  const { current, previous } = data;
  const words = beforeWords(range);
  const against: Against = (figure, good, inPoints = false) => (
    <Delta now={current[figure]} then={previous?.[figure]} good={good} inPoints={inPoints} words={words} />
  );
  return (
    <div class="cl-kpis cl-fours">
      <Outcomes current={current} against={against} />
      <Times current={current} against={against} />
      <Failures current={current} against={against} />
      <Figure
        name="Completeness"
        value={complete(current.tickets, current.lost)}
        detail={<Losses data={data} />}
        meaning={MEANINGS.complete}
      >
        {against("completeness", 1, true)}
      </Figure>
      <Spent current={current} previous={previous} words={words} />
    </div>
  );
}

interface PartProps {
  current: Figures;
  against: Against;
}

const otherwise = ({ tickets, successes, failures }: Figures): string =>
  `${count(failures)} failed, ${count(tickets - successes - failures)} other`;

const Outcomes = ({ current, against }: PartProps): VNode => (
  <>
    <Figure
      name="Tickets"
      value={count(current.tickets)}
      detail={`${count(current.successes)} succeeded`}
      meaning={MEANINGS.tickets}
    >
      {against("tickets", 0)}
    </Figure>
    <Figure
      name="Success rate"
      value={percent(current.success_rate)}
      detail={otherwise(current)}
      meaning={MEANINGS.success}
    >
      {against("success_rate", 1, true)}
    </Figure>
  </>
);

const Times = ({ current, against }: PartProps): VNode => (
  <>
    <Figure
      name="Median time"
      value={seconds(current.median_seconds)}
      detail={`average ${seconds(current.avg_seconds)}`}
      meaning={MEANINGS.median}
    >
      {against("median_seconds", -1)}
    </Figure>
    <Figure name="95th percentile" value={seconds(current.p95_seconds)} detail="of the time" meaning={MEANINGS.p95}>
      {against("p95_seconds", -1)}
    </Figure>
  </>
);

const Failures = ({ current, against }: PartProps): VNode => (
  <>
    <Figure
      name="Errors"
      value={count(current.errors)}
      detail={`in ${plural(current.tickets_with_errors, "ticket")}`}
      meaning={MEANINGS.errors}
    >
      {against("errors", -1)}
    </Figure>
    <Figure
      name="Failed tool calls"
      value={count(current.failed_calls)}
      detail={`in ${plural(current.tickets_with_failed_calls, "ticket")}`}
      meaning={MEANINGS.calls}
    >
      {against("failed_calls", -1)}
    </Figure>
  </>
);

const tokensOf = (figures: Figures | null): number | null =>
  figures && (figures.input_tokens !== null || figures.output_tokens !== null)
    ? (figures.input_tokens ?? 0) + (figures.output_tokens ?? 0)
    : null;

type SpentProps = { words: string } & Pick<OverviewData, "current" | "previous">;

/** Costs where they are told, else tokens, else nothing. */
function Spent({ current, previous, words }: SpentProps): VNode | null {
  const tokens = tokensOf(current);
  if (current.cost_usd !== null)
    return (
      <Figure
        name="Cost"
        value={money(current.cost_usd)}
        detail={`${money(current.cost_usd / (current.tickets_with_cost || 1))} a ticket`}
        meaning={MEANINGS.cost}
      >
        <Delta now={current.cost_usd} then={previous?.cost_usd} good={-1} words={words} />
      </Figure>
    );
  if (!tokens) return null;
  const each = short(tokens / (current.tickets_with_tokens || 1));
  return (
    <Figure name="Tokens" value={short(tokens)} detail={`${each} a ticket`} meaning={MEANINGS.tokens}>
      <Delta now={tokens} then={tokensOf(previous)} good={-1} words={words} />
    </Figure>
  );
}

/** How many logs are missing; why, and what nobody can know yet, on demand. */
function Losses({ data: { current, lost_by_reason } }: { data: OverviewData }): VNode {
  const explained = useTip();
  const words = current.lost ? `${plural(current.lost, "log")} reported lost` : "no losses reported";
  const lines = () => (
    <>
      <strong>
        {complete(current.tickets, current.lost)} complete: {words}
      </strong>
      {lost_by_reason.map(({ reason, logs }) => (
        <div key={reason} class="cl-tip-row">
          {LOSSES[reason] ?? LOSSES.other}
          <b>{count(logs)}</b>
        </div>
      ))}
      <p class="cl-tip-note">
        {MEANINGS.complete} {NOT_YET}
      </p>
    </>
  );
  return (
    <button type="button" class="cl-why" data-key="losses" {...explained(lines, true)}>
      {words}
    </button>
  );
}
