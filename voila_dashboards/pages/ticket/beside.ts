/** The list that a ticket was chosen from: which tickets stand beside this one, also after the page was loaded anew. */

import type { Session } from "../../web/session/session.ts";

const KEPT = "caselog-list";

type Place = readonly [client: string, log: string];

/** Notes the list that was shown last, for the tab; a tab that keeps nothing goes on without. */
export function keepList(session: Session): void {
  const rows = session.last("tickets")?.data.rows;
  if (!rows) return;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(rows.map((row) => [row.client_id, row.log_id])));
  } catch {
    // no room, or not allowed
  }
}

function listOf(session: Session): Place[] {
  const rows = session.last("tickets")?.data.rows;
  if (rows) return rows.map((row) => [row.client_id, row.log_id]);
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => Array.isArray(each) && each.length === 2) : [];
  } catch {
    return [];
  }
}

/** Opens the ticket beside this one in that list, with what is looked for; says why not where it cannot. */
export function goBeside(
  session: Session,
  log: { client_id: string; log_id: string },
  by: 1 | -1,
  find: string,
): string {
  const list = listOf(session);
  const at = list.findIndex(([client, id]) => id === log.log_id && client === log.client_id);
  const next = at < 0 ? undefined : list[at + by];
  if (next) {
    session.go("ticket", { client_id: next[0], log_id: next[1], find });
    return "";
  }
  if (at < 0) return "No list is open: come here from Tickets";
  return by > 0 ? "The last ticket of this page of the list" : "The first ticket of this page of the list";
}
