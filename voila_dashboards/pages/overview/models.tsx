/** What the models took, where any log told. */

import type { VNode } from "preact";
import type { Figures } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { count, money, short } from "../../web/text/numbers.ts";

/** Of those tickets that told. */
const each = (value: number | null, tickets: number): number | null => (value === null ? null : value / (tickets || 1));

const Fact = ({ name, value, title }: { name: string; value: string; title?: string }): VNode => (
  <div>
    <dt>{name}</dt>
    <dd title={title}>{value}</dd>
  </div>
);

export function ModelsCard({ current }: { current: Figures }): VNode | null {
  const { input_tokens: read, output_tokens: written, cost_usd: cost, tickets_with_tokens: told } = current;
  if (read === null && written === null && cost === null) return null;
  return (
    <Card title="Models">
      <dl class="cl-models">
        <Fact name="Input tokens" value={short(read)} title={count(read)} />
        <Fact name="Output tokens" value={short(written)} title={count(written)} />
        <Fact name="Input tokens a ticket" value={short(each(read, told))} />
        <Fact name="Output tokens a ticket" value={short(each(written, told))} />
        <Fact name="Cost" value={money(cost)} />
        <Fact name="Cost a ticket" value={money(each(cost, current.tickets_with_cost))} />
      </dl>
    </Card>
  );
}
