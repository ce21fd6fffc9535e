/** Which step of a run is looked at, and what is open of its steps. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Part, Run } from "../../web/trace/trace.ts";
import { type Debug, debugOf } from "./debug.ts";
import { ancestorsOf, openAtFirst, type Tree } from "./tree.ts";

/** Which step is looked at, and which are open. */
export interface Looking {
  part: Part;
  open: ReadonlySet<string>;
  /** A key that a link named, and no step has. */
  gone: string | null;
  /** Looks at a step, and opens the way to it. */
  look(key: string): void;
  turn(key: string): void;
  openAll(isOpen: boolean): void;
}

/**
 * Null where there are no steps. `wanted` is the key of a step that the address names; `tell` hears what is looked at
 * from then on; `wasOpen` are the keys of steps that were open when the page was left.
 */
export function useLooking(
  debug: Debug,
  wanted: string,
  tell: (key: string) => void,
  wasOpen: readonly string[] | null = null,
): Looking | null {
  const { tree, groups, first } = debug;
  const [key, setKey] = useState(tree.byKey.has(wanted) ? wanted : (first?.key ?? ""));
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(wasOpen ?? openAtFirst(groups, tree, tree.byKey.get(key))),
  );
  const show = useCallback(
    (next: string) => {
      const part = tree.byKey.get(next);
      if (!part) return;
      setKey(next);
      setOpen((now) => withWay(now, part, tree));
    },
    [tree],
  );
  useEffect(() => show(wanted), [wanted, show]);
  const part = tree.byKey.get(key) ?? first;
  if (!part) return null;
  return {
    part,
    open,
    gone: wanted && !tree.byKey.has(wanted) ? wanted : null,
    look: (next) => {
      show(next);
      tell(next);
    },
    turn: (which) => setOpen((now) => turned(now, which)),
    openAll: (isOpen) => setOpen(isOpen ? withMore(tree) : new Set(ancestorsOf(part, tree).map((each) => each.key))),
  };
}

export const useDebug = (run: Run, hasRunFailed: boolean): Debug =>
  useMemo(() => debugOf(run, hasRunFailed), [run, hasRunFailed]);

function withWay(open: ReadonlySet<string>, part: Part, tree: Tree): ReadonlySet<string> {
  const closed = ancestorsOf(part, tree).filter((each) => !open.has(each.key));
  return closed.length ? new Set([...open, ...closed.map((each) => each.key)]) : open;
}

function turned(open: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(open);
  if (!next.delete(key)) next.add(key);
  return next;
}

const withMore = ({ byKey }: Tree): Set<string> =>
  new Set([...byKey.values()].filter((part) => part.children.length).map((part) => part.key));
