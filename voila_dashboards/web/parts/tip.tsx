/** What explains a figure or a bar, beside it, while it is pointed at or has the focus. */

import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { useSession } from "../session/context.ts";
import type { Explanation } from "../session/tips.ts";
import { later } from "./later.tsx";

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

const box = later<{ tip: Explanation | null }>(() => import("./tip-box.tsx"));

/** The box is fetched while the page is drawn: nobody points at anything before. */
export function Tip(): VNode {
  const session = useSession();
  const [tip, setTip] = useState<Explanation | null>(null);
  useLayoutEffect(() => session.tip.listen(setTip), [session]);
  return <box.Draw of={{ tip }} meanwhile={null} />;
}
