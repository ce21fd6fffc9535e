/**
 * Hides what a page shows once its session is over: by the server's word, and as soon as another window of the same
 * browser signs out. A page loads this after it is painted.
 */

import { cover } from "./cover.ts";
import { OVER, saidOver, sayOver } from "./over.ts";
import { isLeft } from "./said.ts";
import { Watch } from "./watch.ts";

/** Windows of one browser, by whatever server they are answered. */
const CHANNEL = "caselog-session";
/** After another window began to sign out, which takes its server a moment, the cookie is looked at again. */
const ASK_AFTER_MS = [250, 1_000, 4_000];
const ENDING = /^\/(logout|account\/password)(\/|$)/;

function start(tag: string): void {
  const others = new BroadcastChannel(CHANNEL);
  const watch = new Watch(tag, sayOver);
  const hide = (): void => {
    const reason = saidOver() ?? "";
    watch.stop();
    if (isLeft(reason)) others.postMessage("ask");
    others.close();
    cover(reason);
  };
  document.addEventListener(OVER, hide, { once: true });
  document.addEventListener("submit", ({ target }) => {
    if (target instanceof HTMLFormElement && ENDING.test(new URL(target.action).pathname)) others.postMessage("ask");
  });
  others.addEventListener("message", () => {
    for (const pause of ASK_AFTER_MS) setTimeout(() => watch.ask(), pause);
  });
  // A window that was out of sight, or a computer that slept, may have lost its connection without having heard.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && watch.askIfLost());
  addEventListener("pageshow", (event) => event.persisted && watch.ask());
  addEventListener("online", () => watch.ask());
  if (saidOver() === undefined) watch.ask();
  else hide();
}

const tag = document.documentElement.dataset.caselogSession;
if (tag) start(tag);
