/** The window's title, and the navigation that the server drew above the page. */

import { PAGES } from "../generated/contract.ts";
import { hrefOf, readUrl } from "../session/addresses.ts";
import { viewOf } from "../session/loading.ts";
import { hasFailed } from "../session/model.ts";
import type { Session, State } from "../session/session.ts";
import { shownText } from "../text/bidi.ts";

export function tellHeader(session: Session, { payload, refused }: Pick<State, "payload" | "refused">): void {
  if (!payload || hasFailed(payload) || refused) return;
  const title = viewOf(payload.page)?.title(payload as never);
  if (title) document.title = `${shownText(title)} · Caselog`;
  const marked = PAGES[payload.page].marked;
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".cl-header .cl-nav a")) {
    const page = readUrl(new URL(link.href), location.origin)?.page;
    if (!page) continue;
    if (page === marked) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.setAttribute("href", hrefOf(page, session.carrying.paramsOf(page)));
  }
}
