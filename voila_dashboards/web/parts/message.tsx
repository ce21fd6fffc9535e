/** One thing to say, and what to do. */

import type { ComponentChildren, VNode } from "preact";

interface Said {
  title: string;
  text: string;
  children?: ComponentChildren;
}

export const Message = ({ title, ...said }: Said): VNode => <Box head={<h1 tabIndex={-1}>{title}</h1>} {...said} />;

/** The same within a page that has a head of its own. */
export const Nothing = ({ title, ...said }: Said): VNode => <Box head={<h2>{title}</h2>} {...said} />;

const Box = ({ head, text, children }: Omit<Said, "title"> & { head: VNode }): VNode => (
  <section class="cl-card cl-empty">
    {head}
    <p>{text}</p>
    {children && <p>{children}</p>}
  </section>
);
