/** Two ways to read a run: what was said, and what was done. */

import type { ComponentChildren, VNode } from "preact";
import { useId, useRef } from "preact/hooks";

export type View = "conversation" | "steps";

interface TabsProps {
  shown: View;
  names: Readonly<Record<View, string>>;
  choose: (view: View) => void;
  children: ComponentChildren;
}

export function Tabs({ shown, names, choose, children }: TabsProps): VNode {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const other: View = shown === "steps" ? "conversation" : "steps";
  const press = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    choose(other);
    list.current?.querySelector<HTMLElement>(`[data-view="${other}"]`)?.focus();
  };
  return (
    <>
      <div ref={list} class="cl-tabs" role="tablist" onKeyDown={press}>
        {(Object.keys(names) as View[]).map((view) => (
          <button
            key={view}
            type="button"
            role="tab"
            data-view={view}
            aria-selected={view === shown}
            aria-controls={`${id}-panel`}
            tabIndex={view === shown ? 0 : -1}
            onClick={() => choose(view)}
          >
            {names[view]}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} class="cl-tab-panel" role="tabpanel" aria-label={names[shown]}>
        {children}
      </div>
    </>
  );
}
