/** What explains a figure or a bar, beside it, while it is pointed at or has the focus. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../session/context.ts";
import type { Explanation } from "../session/tips.ts";

const MARGIN = 8;

/** Listeners for an element that `lines` explain; `isButton`: also when it is pressed, for a touch is over by then. */
export function useTip(): (
  lines: () => ComponentChildren,
  isButton?: boolean,
) => Record<string, (event: Event) => void> {
  const session = useSession();
  return (lines, isButton = false) => {
    const show = (event: Event) => session.tip.show({ anchor: event.currentTarget as Element, lines: lines() });
    const hide = () => session.tip.hide();
    const pressed = isButton ? { onClick: show } : {};
    return { onPointerEnter: show, onFocus: show, onPointerLeave: hide, onBlur: hide, ...pressed };
  };
}

export function Tip(): VNode {
  const session = useSession();
  const [tip, setTip] = useState<Explanation | null>(null);
  useLayoutEffect(() => session.tip.listen(setTip), [session]);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (tip && box.current) place(box.current, tip.anchor);
  }, [tip]);
  useEffect(() => {
    if (!tip) return;
    const stop = new AbortController();
    const hide = () => session.tip.hide();
    window.addEventListener("scroll", hide, { signal: stop.signal });
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide(), { signal: stop.signal });
    return () => stop.abort();
  }, [tip, session]);
  return (
    <div ref={box} class="cl-tip" role="status" hidden={!tip}>
      {tip?.lines}
    </div>
  );
}

/** Above the anchor where there is room, else below, and within the window. */
function place(box: HTMLElement, anchor: Element): void {
  const at = anchor.getBoundingClientRect();
  const own = box.getBoundingClientRect();
  const middle = at.left + Math.min(at.width, 240) / 2 - own.width / 2;
  const above = at.top - own.height - MARGIN;
  const below = Math.min(at.bottom + MARGIN, innerHeight - own.height - MARGIN);
  box.style.left = `${Math.max(MARGIN, Math.min(middle, innerWidth - own.width - MARGIN))}px`;
  box.style.top = `${above > MARGIN ? above : below}px`;
}
