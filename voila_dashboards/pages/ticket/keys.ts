/** Keys of the ticket page. They do nothing while somebody writes, or holds down a key that changes others. */

export type Command = "search" | "next" | "previous" | "newer" | "older" | "copy" | "help" | "leave";

export const KEYS: readonly (readonly [string, Command, string])[] = [
  ["/", "search", "Search in this ticket"],
  ["n", "next", "Next hit; without a search the next failure"],
  ["p", "previous", "Previous hit, or failure"],
  ["j", "older", "Next ticket of the list"],
  ["k", "newer", "Previous ticket of the list"],
  ["y", "copy", "Copy the link to this step"],
  ["?", "help", "These keys"],
  ["Escape", "leave", "Close this, or end the search"],
];

const byKey = new Map(KEYS.map(([key, command]) => [key, command]));

export function commandOf(event: KeyboardEvent): Command | null {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || isWriting(event.target)) return null;
  return byKey.get(event.key) ?? null;
}

/** Of the browser's own search, which sees only what is drawn. */
export const isFindInPage = (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f";

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
