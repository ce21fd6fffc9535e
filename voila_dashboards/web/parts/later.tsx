/** A component that is fetched when it is drawn for the first time: a first visit does not pay for it. */

import type { ComponentChildren, FunctionComponent, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface Later<Props> {
  /** Fetches it before it is needed; what fails is tried again when it is drawn. */
  fetch(): void;
  /** Draws it, or until it is there what `meanwhile` says; `lost` where it cannot be had. */
  Draw(props: { of: Props; meanwhile: ComponentChildren; lost?: ComponentChildren }): VNode;
}

export function later<Props extends object>(load: () => Promise<{ default: FunctionComponent<Props> }>): Later<Props> {
  let made: FunctionComponent<Props> | null = null;
  const get = async (): Promise<void> => {
    made ??= (await load()).default;
  };
  return {
    fetch: () => void get().catch(() => {}),
    Draw({ of, meanwhile, lost = meanwhile }) {
      const [isLost, setLost] = useState(false);
      const [, redraw] = useState(0);
      const Made = made;
      useEffect(() => {
        if (Made) return;
        let isOver = false;
        get().then(
          () => !isOver && redraw(1),
          () => !isOver && setLost(true),
        );
        return () => {
          isOver = true;
        };
      }, []);
      if (Made) return <Made {...of} />;
      return <>{isLost ? lost : meanwhile}</>;
    },
  };
}
