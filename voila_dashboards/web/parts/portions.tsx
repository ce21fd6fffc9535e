/** A long list in portions, with buttons for those before and behind: it must not freeze a page. */

import { type ComponentChild, type ComponentChildren, Fragment, type VNode } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { count } from "../text/numbers.ts";
import { gapStyle, usePiece } from "./room.ts";
import { beginning, having, piecesOf, type Span, withEarlier, withLater } from "./span.ts";

interface PortionsProps<Item> {
  items: readonly Item[];
  portion: number;
  draw: (item: Item, index: number) => ComponentChild;
  /** A place that is to be drawn when it is named. */
  at?: number | null;
  /** So many give way together where the page has no room. */
  perPiece?: number;
}

export function Portions<Item>({ items, portion, draw, at = null, perPiece }: PortionsProps<Item>): VNode {
  const length = items.length;
  const [span, move] = useState(() => having(beginning(length, portion), at, length, portion));
  useLayoutEffect(() => move((now) => having(now, at, length, portion)), [at]);
  const { from, to } = having(span, null, length, portion);
  const left = length - to;
  const drawn = (some: Span) =>
    items
      .slice(some.from, some.to)
      .map((item, i) => <Fragment key={some.from + i}>{draw(item, some.from + i)}</Fragment>);
  return (
    <>
      {from > 0 && (
        <button type="button" class="cl-more" onClick={() => move(withEarlier({ from, to }, portion))}>
          Show {count(Math.min(portion, from))} earlier of {count(from)}
        </button>
      )}
      {perPiece
        ? piecesOf({ from, to }, perPiece).map((piece) => <Piece key={piece.key}>{drawn(piece)}</Piece>)
        : drawn({ from, to })}
      {left > 0 && (
        <button type="button" class="cl-more" onClick={() => move(withLater({ from, to }, length, portion))}>
          Show {count(Math.min(portion, left))} more of {count(left)}
        </button>
      )}
    </>
  );
}

function Piece({ children }: { children: ComponentChildren }): VNode {
  const { place, gap } = usePiece<HTMLDivElement>();
  return (
    <div ref={place} {...gapStyle(gap)}>
      {gap === null && children}
    </div>
  );
}
