/** That the session is over, as one script of a page tells the others; also those that are loaded later. */

/** The event that says it, on the document. */
export const OVER = "caselog-over";

/** Has the page hidden; `reason` is what the server said. */
export function sayOver(reason: string): void {
  document.documentElement.dataset.caselogOver = reason;
  document.dispatchEvent(new Event(OVER));
}

/** Why the session is over; undefined while it goes on. */
export const saidOver = (): string | undefined => document.documentElement.dataset.caselogOver;
