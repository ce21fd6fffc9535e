/** A figure's change against the time before, beside it. */

import type { VNode } from "preact";
import { type Change, change } from "../text/changes.ts";
import { num } from "../text/numbers.ts";

export interface ChangeProps {
  now: unknown;
  /** Undefined or null where there is nothing to compare with. */
  then: unknown;
  /** The direction that is better; 0 where neither is. */
  good: -1 | 0 | 1;
  /** Both are shares, which differ in points. */
  inPoints?: boolean;
}

/** Null where there is nothing to compare with; a text of its own where there was nothing before. */
export function changeOf({ now, then, good, inPoints = false }: ChangeProps): Change | null {
  const [here, there] = [num(now), num(then)];
  if (here === null || there === null) return null;
  const moved = change(here, there, good, inPoints);
  if (moved) return moved;
  return here === 0 ? { text: "", tone: "" } : { text: "new", tone: good < 0 ? "cl-bad" : "" };
}

/** In a card: with words. */
export function Delta({ words, ...props }: ChangeProps & { words: string }): VNode {
  const moved = changeOf(props);
  if (!moved) return <p class="cl-delta" />; // its place is kept: what is below moves for no answer
  if (!moved.text) return <p class="cl-delta">unchanged vs {words}</p>;
  if (moved.text === "new") return <p class="cl-delta">none in the {words}</p>;
  return (
    <p class="cl-delta">
      <span class={moved.tone}>{moved.text}</span> vs {words}
    </p>
  );
}

/** In a table: as short as can be. */
export function Moved(props: ChangeProps): VNode | null {
  const moved = changeOf(props);
  return moved?.text ? <small class={`cl-moved ${moved.tone}`}>{moved.text}</small> : null;
}
