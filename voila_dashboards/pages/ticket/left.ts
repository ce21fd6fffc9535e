/** How a ticket was left: what was open, and how far down it was read. A reload, or a new kernel, changes neither. */

import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../web/session/session.ts";
import { isRecord } from "../../web/text/labels.ts";
import { num } from "../../web/text/numbers.ts";

const KEPT = "caselog-ticket";
/** Of a run of which more is open, everything is opened with one press. */
const MOST_OPEN = 2000;

export interface Left {
  open: string[];
  y: number;
}

/** What was kept of the page at this address, where the tab comes back to it; null for a page that is opened anew. */
export function howLeft(session: Session): Left | null {
  if (!session.isRouted || !isComingBack()) return null;
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!isRecord(kept) || kept.path !== location.pathname || !Array.isArray(kept.open)) return null;
    return { open: kept.open.map(String), y: num(kept.y) ?? 0 };
  } catch {
    return null;
  }
}

let isFirst = true;

/** Only the page that a load brings is one that was there before. */
function isComingBack(): boolean {
  const [loaded] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const was = isFirst && (loaded?.type === "reload" || loaded?.type === "back_forward");
  isFirst = false;
  return was;
}

/** Keeps what is open when the tab leaves the page, and goes where it was left. */
export function useLeft(session: Session, left: Left | null, open: ReadonlySet<string> | undefined): void {
  const now = useRef(open);
  now.current = open;
  useEffect(() => {
    const stop = new AbortController();
    const keep = () => {
      const some = [...(now.current ?? [])].slice(0, MOST_OPEN);
      try {
        sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, open: some, y: scrollY }));
      } catch {
        // no room, or not allowed
      }
    };
    if (session.isRouted) addEventListener("pagehide", keep, { signal: stop.signal });
    return () => stop.abort();
  }, [session]);
  useEffect(() => {
    if (!left?.y) return;
    let stop: (() => void) | null = null;
    let isOver = false;
    void import("./scroll-back.ts").then(({ scrollingTo }) => {
      if (!isOver) stop = scrollingTo(left.y);
    });
    return () => {
      isOver = true;
      stop?.();
    };
  }, [left]);
}
