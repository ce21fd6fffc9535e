/**
 * What goes along from page to page: the time, the client, and what narrows. A page that was left is come back to as it
 * was, by its link in the navigation; kept for the tab, so that it survives a reload.
 */

import { PAGES, type PageName } from "../generated/contract.ts";
import { fromStart } from "./addresses.ts";

type Params = Record<string, string>;

/** Parameters that mean the same on every page that has them. */
const SHARED = ["range", "from", "to", "zone", "client", "category", "version", "environment"] as const;
const KEPT = "caselog-pages";

interface Left {
  /** The parameters of each page as it was seen last. */
  pages: Partial<Record<PageName, Params>>;
  shared: Params;
}

export class Carrying {
  #left: Left = read();

  /** Notes what is shown; a page without a time, as a ticket, changes nothing. */
  note(page: PageName, params: object): void {
    const given = params as Params;
    if (!("range" in PAGES[page].params)) return;
    const shared = Object.fromEntries(SHARED.filter((name) => name in given).map((name) => [name, given[name] ?? ""]));
    this.#left = { pages: { ...this.#left.pages, [page]: given }, shared: { ...this.#left.shared, ...shared } };
    keep(this.#left);
  }

  /** The parameters to open `page` with. */
  paramsOf(page: PageName): Params {
    const before = this.#left.pages[page] ?? {};
    const shared = Object.fromEntries(Object.entries(this.#left.shared).filter(([name]) => name in PAGES[page].params));
    const isSame = Object.entries(shared).every(([name, value]) => before[name] === value);
    return isSame ? { ...before, ...shared } : fromStart({ ...before, ...shared });
  }
}

/** The zone of whoever looks. */
export const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** `params`, with the viewer's zone where the page counts days and nothing says whose. */
export const inZone = (page: PageName, params: Params): Params =>
  "zone" in PAGES[page].params && !params.zone ? { ...params, zone: ownZone() } : params;

function read(): Left {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return { pages: kept.pages ?? {}, shared: kept.shared ?? {} };
  } catch {
    return { pages: {}, shared: {} };
  }
}

/** A tab that keeps nothing goes on without. */
function keep(left: Left): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(left));
  } catch {
    // no room, or not allowed
  }
}
