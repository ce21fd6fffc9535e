/** A card with a title. */

import type { ComponentChildren, VNode } from "preact";

interface CardProps {
  title: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export const Card = ({ title, class: more = "", children }: CardProps): VNode => (
  <section class={`cl-card ${more}`}>
    <h2 class="cl-card-title">{title}</h2>
    {children}
  </section>
);
