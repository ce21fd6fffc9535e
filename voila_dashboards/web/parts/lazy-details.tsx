/** A `<details>` whose body is there while it is open: a closed one costs nothing. */

import type { ComponentChildren, TargetedToggleEvent, VNode } from "preact";
import { useContext, useRef, useState } from "preact/hooks";
import { Late } from "./guard.tsx";
import { useUnfolded } from "./room.ts";
import { Sought, useOpening } from "./sought.ts";

interface LazyProps {
  class: string;
  summary: ComponentChildren;
  body: () => ComponentChildren;
  /** Whether it is open before anybody touches it. */
  isOpen?: boolean;
  /** What is inside, as text: where that holds what is searched for, it is open as long as the search goes on. */
  inside?: (() => string) | undefined;
  /** What it shows: with it, it is as it was left when it is drawn another time. */
  of?: object | undefined;
}

/** Whether what shows a part of a log was left open. */
const left = new WeakMap<object, boolean>();

export function LazyDetails({ class: kind, summary, body, isOpen = false, inside, of }: LazyProps): VNode {
  const place = useRef<HTMLDetailsElement>(null);
  const [open, setOpen] = useState((of && left.get(of)) ?? isOpen);
  const isSought = useOpening(inside);
  const words = useContext(Sought);
  /** The search in which it was folded, though what is searched for is inside. */
  const [shutIn, shut] = useState<readonly string[] | null>(null);
  const isShown = open || (isSought && shutIn !== words);
  const turn = (next: boolean) => {
    if (of) left.set(of, next);
    setOpen(next);
    shut(next ? null : words);
  };
  const toggled = (event: TargetedToggleEvent<HTMLDetailsElement>) => {
    if (event.currentTarget.open !== isShown) turn(event.currentTarget.open); // else it is ours, not the reader's
  };
  useUnfolded(place, isShown, () => turn(false));
  return (
    <details ref={place} class={kind} open={isShown} onToggle={toggled}>
      <summary>{summary}</summary>
      {isShown && <Late body={body} />}
    </details>
  );
}

interface LazyCardProps extends Pick<LazyProps, "body" | "isOpen" | "inside"> {
  title: string;
  /** What a search in the page calls it. */
  section?: string;
}

/** A card that is folded. */
export const LazyCard = ({ title, section, body, isOpen, inside }: LazyCardProps): VNode => (
  <section class="cl-card cl-lazy-card" data-section={section}>
    <LazyDetails
      class="cl-card-details"
      summary={<h2 class="cl-card-title">{title}</h2>}
      body={body}
      inside={inside}
      {...(isOpen === undefined ? {} : { isOpen })}
    />
  </section>
);
