/** A card with a title. */

import type { ComponentChildren, VNode } from "preact";

interface CardProps {
  title: ComponentChildren;
  class?: string;
  /** What a search in the page calls it. */
  section?: string;
  children: ComponentChildren;
}

export const Card = ({ title, class: more = "", section, children }: CardProps): VNode => (
  <section class={`cl-card ${more}`} data-section={section}>
    <h2 class="cl-card-title">{title}</h2>
    {children}
  </section>
);
