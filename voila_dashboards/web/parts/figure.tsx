/** A figure on a card of its own: what it is, how it changed, what it means. */

import type { ComponentChildren, VNode } from "preact";

interface FigureProps {
  name: string;
  value: ComponentChildren;
  detail?: ComponentChildren;
  /** What is counted, in one sentence. */
  meaning: string;
  children?: ComponentChildren;
}

export const Figure = ({ name, value, detail, meaning, children }: FigureProps): VNode => (
  <div class="cl-card cl-kpi">
    <h2>{name}</h2>
    <p class="cl-value">{value}</p>
    {detail && <p class="cl-detail">{detail}</p>}
    {children}
    <p class="cl-meaning">{meaning}</p>
  </div>
);
