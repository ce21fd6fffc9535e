/** Which step of a run is looked at. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Turn } from "../../web/trace/conversation.ts";
import type { Part, Run } from "../../web/trace/trace.ts";
import { type Debug, debugOf } from "./debug.ts";
import { stepOf } from "./tree.ts";

/** One look at a step: another one each time, at the same step too. */
export interface Look {
  key: string;
}

export interface Looking {
  last: Look;
  part: Part;
  /** A key that a link named, and no step has. */
  gone: string | null;
  look(key: string): void;
}

/** Null where there are no steps. `wanted` is the key of a step that the address names; `tell` hears of every look. */
export function useLooking(debug: Debug, wanted: string, tell: (key: string) => void): Looking | null {
  const { tree, first } = debug;
  const [last, setLast] = useState<Look>({ key: stepOf(tree, wanted) ? wanted : (first?.key ?? "") });
  const show = useCallback((key: string) => stepOf(tree, key) && setLast({ key }), [tree]);
  useEffect(() => void show(wanted), [wanted, show]);
  const part = stepOf(tree, last.key) ?? first;
  if (!part) return null;
  return {
    last,
    part,
    gone: wanted && !stepOf(tree, wanted) ? wanted : null,
    look: (key) => {
      show(key);
      tell(key);
    },
  };
}

export const useDebug = (run: Run, hasRunFailed: boolean, turns: readonly Turn[]): Debug =>
  useMemo(() => debugOf(run, hasRunFailed, turns), [run, hasRunFailed, turns]);
