/** A `<details>` whose body is made when it is first opened: a closed one costs nothing. */

import type { ComponentChildren, TargetedToggleEvent, VNode } from "preact";
import { useState } from "preact/hooks";
import { Late } from "./guard.tsx";
import { useSought } from "./sought.ts";

interface LazyProps {
  class: string;
  summary: ComponentChildren;
  body: () => ComponentChildren;
  /** Whether it is open before anybody touches it. */
  isOpen?: boolean;
  /** What is inside, as text: where that holds what is searched for, it is open as long as the search goes on. */
  inside?: (() => string) | undefined;
}

export function LazyDetails({ class: kind, summary, body, isOpen = false, inside }: LazyProps): VNode {
  const [open, setOpen] = useState(isOpen);
  const [isMade, make] = useState(isOpen);
  const isSought = useSought(inside);
  const isShown = open || isSought;
  const toggled = (event: TargetedToggleEvent<HTMLDetailsElement>) => {
    if (event.currentTarget.open === isShown) return; // ours, not the reader's
    setOpen(event.currentTarget.open);
    if (event.currentTarget.open) make(true);
  };
  return (
    <details class={kind} open={isShown} onToggle={toggled}>
      <summary>{summary}</summary>
      {(isMade || isSought) && <Late body={body} />}
    </details>
  );
}

/** A card that is folded. */
export const LazyCard = ({ title, body, isOpen }: { title: string } & Pick<LazyProps, "body" | "isOpen">): VNode => (
  <section class="cl-card cl-lazy-card">
    <LazyDetails
      class="cl-card-details"
      summary={<h2 class="cl-card-title">{title}</h2>}
      body={body}
      {...(isOpen === undefined ? {} : { isOpen })}
    />
  </section>
);
