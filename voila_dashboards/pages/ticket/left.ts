/** How a ticket was left: what was open, and how far down it was read. A reload, or a new kernel, changes neither. */

import { useEffect } from "preact/hooks";
import { useSession } from "../../web/session/context.ts";
import type { Session } from "../../web/session/session.ts";
import { isRecord } from "../../web/text/labels.ts";
import { num } from "../../web/text/numbers.ts";
import type { KeptOpened } from "./opening.ts";
import { scrollingTo } from "./scroll-back.ts";

const KEPT = "caselog-ticket";
/** Of a run of which more is open, everything is opened with one press. */
const MOST_OPEN = 2000;

interface Left {
  /** Null where no steps were drawn. */
  open: string[] | null;
  y: number;
}

/** What was read for each page that is shown: the second time it would be one that is opened anew. */
const read = new WeakMap<KeptOpened, Left | null>();

/** How the page that keeps `kept` was left, where the tab comes back to it; null for one that is opened anew. */
export function leftOf(session: Session, kept: KeptOpened): Left | null {
  const left = read.has(kept) ? (read.get(kept) ?? null) : howLeft(session);
  read.set(kept, left);
  return left;
}

function howLeft(session: Session): Left | null {
  if (!session.isRouted || !isComingBack()) return null;
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!isRecord(kept) || kept.path !== location.pathname) return null;
    return { open: Array.isArray(kept.open) ? kept.open.map(String) : null, y: num(kept.y) ?? 0 };
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

/** Draws nothing: keeps what is open when the tab leaves the page, and goes where it was left. */
export function Left({ kept }: { kept: KeptOpened }): null {
  const session = useSession();
  const left = leftOf(session, kept);
  useEffect(() => {
    const stop = new AbortController();
    const keep = () => {
      const open = kept.current?.keys ?? left?.open;
      keepLeft({ open: open ? [...open].slice(0, MOST_OPEN) : null, y: scrollY });
    };
    if (session.isRouted) addEventListener("pagehide", keep, { signal: stop.signal });
    return () => stop.abort();
  }, [session, left]);
  useEffect(() => (left?.y ? scrollingTo(left.y) : undefined), [left]);
  return null;
}

function keepLeft(left: Left): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, ...left }));
  } catch {
    // no room, or not allowed
  }
}
