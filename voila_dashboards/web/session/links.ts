/** Clicks on links of ours, and the browser's own buttons, become questions. */

import { readUrl } from "./addresses.ts";
import type { Session } from "./session.ts";

/** Listens until it is told to stop, by the function it returns. */
export function followLinks(session: Session): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const target = session.isRouted ? document : session.root;
  target.addEventListener("click", (event) => follow(session, event as MouseEvent), { signal });
  if (session.isRouted) window.addEventListener("popstate", (event) => goBack(session, event.state), { signal });
  return () => stop.abort();
}

/** A plain click on a link of ours asks the kernel; any other click is the browser's. */
function follow(session: Session, event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || link.hasAttribute("download") || link.getAttribute("target")) return;
  if (!session.root.contains(link) && !link.closest(".cl-nav, .cl-brand")) return;
  const href = link.getAttribute("href") ?? ""; // of an SVG link, `link.href` is an object
  const goal = href.startsWith("#") ? null : readUrl(new URL(href, location.href), location.origin);
  if (!goal) return;
  event.preventDefault();
  session.ask(goal.page, goal.params);
}

function goBack(session: Session, state: { y?: number } | null): void {
  const goal = readUrl(new URL(location.href), location.origin);
  if (goal) session.ask(goal.page, goal.params, { kind: "stay", y: state?.y ?? 0 });
}
