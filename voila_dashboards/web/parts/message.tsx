/** One thing to say, and what to do. */

import type { ComponentChildren, VNode } from "preact";

export function Message({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ComponentChildren;
}): VNode {
  return (
    <section class="cl-card cl-empty">
      <h1 tabIndex={-1}>{title}</h1>
      <p>{text}</p>
      {children && <p>{children}</p>}
    </section>
  );
}

/** The same within a page that has a head of its own. */
export function Nothing({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ComponentChildren;
}): VNode {
  return (
    <section class="cl-card cl-empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {children && <p>{children}</p>}
    </section>
  );
}
