/** Something that opens below a button, and closes when anything else is pressed. */

import type { ComponentChildren, RefObject, VNode } from "preact";
import { useEffect } from "preact/hooks";

interface PopoverProps {
  box: RefObject<HTMLDetailsElement | null>;
  class: string;
  summary: ComponentChildren;
  /** Whether it stands for what is shown. */
  isChosen?: boolean;
  name: string;
  children: ComponentChildren;
}

export function Popover({ box, class: kind, summary, isChosen = false, name, children }: PopoverProps): VNode {
  useClosedFromOutside(box);
  return (
    <details class={kind} ref={box}>
      <summary aria-current={isChosen ? "true" : undefined} data-key={name}>
        {summary}
      </summary>
      {children}
    </details>
  );
}

/** Escape closes an open `<details>` and gives its button the focus; pressing anything that is not in it closes it. */
function useClosedFromOutside(box: { current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const stop = new AbortController();
    const close = () => {
      if (box.current) box.current.open = false;
    };
    const press = (event: Event) => box.current?.contains(event.target as Node) || close();
    const leave = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !box.current?.open) return;
      if (box.current.contains(document.activeElement)) box.current.querySelector("summary")?.focus();
      close();
    };
    document.addEventListener("keydown", leave, { signal: stop.signal });
    document.addEventListener("pointerdown", press, { signal: stop.signal });
    return () => stop.abort();
  }, [box]);
}
