/** A long list in portions, with a button for the next one: it must not freeze a page. */

import { type ComponentChild, Fragment, type VNode } from "preact";
import { useState } from "preact/hooks";
import { count } from "../text/numbers.ts";

interface PortionsProps<Item> {
  items: readonly Item[];
  portion: number;
  draw: (item: Item, index: number) => ComponentChild;
  /** Draw at least up to this place (exclusive). */
  atLeast?: number;
}

export function Portions<Item>({ items, portion, draw, atLeast = 0 }: PortionsProps<Item>): VNode {
  const [asked, ask] = useState(portion);
  const end = Math.min(items.length, Math.max(asked, atLeast));
  const left = items.length - end;
  return (
    <>
      {items.slice(0, end).map((item, i) => (
        <Fragment key={i}>{draw(item, i)}</Fragment>
      ))}
      {left > 0 && (
        <button type="button" class="cl-more" onClick={() => ask(end + portion)}>
          Show {count(Math.min(portion, left))} more of {count(left)}
        </button>
      )}
    </>
  );
}
