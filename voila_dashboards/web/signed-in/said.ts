/** What is said in place of a page whose session is over, and where it goes on. */

import type { SessionEnd } from "../generated/contract.ts";

interface Said {
  title: string;
  text: string;
  action: string;
  /** Where `action` leads from the page at `address`, a path and a query. */
  href(address: string): string;
}

const LOGGED_OUT = {
  title: "You are logged out",
  action: "Log in again",
  href: (address: string): string => `/login?next=${encodeURIComponent(address)}`,
};

const SAID: Record<SessionEnd, Said> = {
  signed_out: { ...LOGGED_OUT, text: "You logged out in another window of this browser." },
  changed: {
    ...LOGGED_OUT,
    text: "Your password or what you may see was changed, or you logged out everywhere.",
  },
  expired: { ...LOGGED_OUT, text: "Your login has lasted as long as a login may." },
  over: { ...LOGGED_OUT, text: "You are not logged in any more in this browser." },
  other: {
    title: "This page is of an earlier login",
    text: "Somebody has logged in anew in this browser since it was opened.",
    action: "Open it again",
    href: (address) => address,
  },
  unchecked: {
    title: "This page is hidden for now",
    text:
      "Nobody can check whether you may still see it: the log store does not answer, or what it keeps of your " +
      "account is damaged. You are not logged out: open it again in a few minutes.",
    action: "Open it again",
    href: (address) => address,
  },
};

/** Words for a reason of the server's; one that a newer server may have is said in general. */
export const saidOf = (reason: string): Said => (Object.hasOwn(SAID, reason) ? SAID[reason as SessionEnd] : SAID.over);

/** Whether somebody else may be next at this browser, who is not to find what was looked for before. */
export const isLeft = (reason: string): boolean => reason !== "unchecked";
