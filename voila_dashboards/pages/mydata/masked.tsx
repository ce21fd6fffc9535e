/** What was masked, by the rule that found it. */

import type { VNode } from "preact";
import type { MaskedData, MaskedValues } from "../../web/generated/contract.ts";
import { MASKING_RULES } from "../../web/generated/masking-rules.ts";
import { Card } from "../../web/parts/card.tsx";
import { count, plural } from "../../web/text/numbers.ts";
import { ofTickets } from "./sentences.ts";

interface MaskedProps {
  data: MaskedData;
  /** How many there are; of very many, the newest are looked at. */
  tickets: number;
  range: string;
}

export function MaskedCard({ data, tickets, range }: MaskedProps): VNode {
  const of = `${data.looked_at < tickets ? "the newest " : ""}${plural(data.looked_at, "ticket")} within ${range}`;
  return (
    <Card title="What was masked">
      <p class="cl-lead">
        {data.rules.length
          ? `${plural(data.values, "value")} in ${count(data.tickets)} of ${of}, each replaced before the log ` +
            "left the client's process. What they were is not known here."
          : `Of ${of}, none says that anything was masked in it.`}
      </p>
      {data.without_sdk > 0 && (
        <p class="cl-hint">
          {ofTickets(data.without_sdk, data.looked_at)} came without the SDK, which masks: they are kept as their sender
          wrote them.
        </p>
      )}
      {data.rules.length > 0 && <Rules data={data} />}
    </Card>
  );
}

const Rules = ({ data: { rules, more } }: { data: MaskedData }): VNode => (
  <>
    <table class="cl-fields">
      <caption class="cl-sr">Masked values by rule</caption>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">What it finds</th>
          <th scope="col" class="cl-num">
            Values
          </th>
          <th scope="col" class="cl-num">
            Tickets
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <Rule key={`${rule.kind} ${rule.rule}`} rule={rule} />
        ))}
      </tbody>
    </table>
    {more > 0 && <p class="cl-foot">and {count(more)} more rules</p>}
  </>
);

const Rule = ({ rule: { rule, kind, values, tickets } }: { rule: MaskedValues }): VNode => (
  <tr>
    <th scope="row">
      {rule} <span class="cl-as">{kind}</span>
    </th>
    <td>{finds(rule)}</td>
    <td class="cl-num">{count(values)}</td>
    <td class="cl-num">{count(tickets)}</td>
  </tr>
);

/** A sender may name rules of its own, or none. */
const finds = (rule: string): string =>
  Object.hasOwn(MASKING_RULES, rule) ? (MASKING_RULES[rule] ?? "").replaceAll("`", "") : "a rule of the sender's own";
