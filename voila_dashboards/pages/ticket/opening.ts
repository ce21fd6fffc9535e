/** What is open of the steps of a page, as long as that is shown. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { useSession } from "../../web/session/context.ts";
import type { Debug } from "./debug.ts";
import { leftOf } from "./left.ts";
import type { Look, Looking } from "./looking.ts";
import { ancestorsOf, openAtFirst, turned, withMore, withWay } from "./opened.ts";

/** The keys of steps that are open, and the last look the way to which was opened. */
export interface Opened {
  keys: ReadonlySet<string>;
  look: Look;
}

/** What is open as long as the page is shown; null before anything was drawn. */
export type KeptOpened = RefObject<Opened | null>;

export interface Opening {
  keys: ReadonlySet<string>;
  turn(key: string): void;
  openAll(isOpen: boolean): void;
}

/** At first as the page was left, or what is worth it; from then on the way to each step that is looked at opens. */
export function useOpened({ groups, tree }: Debug, { part, last }: Looking, kept: KeptOpened): Opening {
  const session = useSession();
  const [, redraw] = useState({});
  const begin = () => new Set(leftOf(session, kept)?.open ?? openAtFirst(groups, tree, part));
  const before = kept.current ?? { keys: begin(), look: last };
  const now = before.look === last ? before : { keys: withWay(before.keys, part, tree), look: last };
  kept.current = now;
  const change = (keys: ReadonlySet<string>) => {
    kept.current = { keys, look: last };
    redraw({});
  };
  return {
    keys: now.keys,
    turn: (key) => change(turned(kept.current?.keys ?? now.keys, key)),
    openAll: (isOpen) => change(isOpen ? withMore(tree) : new Set(ancestorsOf(part, tree).map((each) => each.key))),
  };
}
