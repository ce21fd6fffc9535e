/** State that outlives its component, as long as the session: what is chosen in a list that one comes back to. */

import { useState } from "preact/hooks";
import { useSession } from "../session/context.ts";
import type { Session } from "../session/session.ts";

const kept = new WeakMap<Session, Map<string, unknown>>();

export function useKept<Value>(name: string, first: Value): [Value, (next: Value) => void] {
  const session = useSession();
  const values = kept.get(session) ?? new Map<string, unknown>();
  kept.set(session, values);
  const [, redraw] = useState(0);
  const value = values.has(name) ? (values.get(name) as Value) : first;
  const change = (next: Value) => {
    values.set(name, next);
    redraw((times) => times + 1);
  };
  return [value, change];
}
