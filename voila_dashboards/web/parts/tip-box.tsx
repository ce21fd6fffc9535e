/** The box of an explanation, at what it explains. */

import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useSession } from "../session/context.ts";
import type { Explanation } from "../session/tips.ts";

const MARGIN = 8;

export default function TipBox({ tip }: { tip: Explanation | null }): VNode {
  const session = useSession();
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
