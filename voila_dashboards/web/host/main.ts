/**
 * A widget host for the one component of these pages: what voila.js and requirejs would do.
 *
 * It reads the first data from the page, hands it to the component and opens the kernel's websocket when the visitor
 * shows an intent to ask.
 */

import component from "../entry.tsx";
import type { FailedPayload } from "../generated/contract.ts";
import type { Model } from "../session/model.ts";
import { OVER, saidOver } from "../signed-in/over.ts";
import { Line } from "./line.ts";

const WATCHED_AFTER_MS = 500;
const UNFINISHED = { code: "unavailable", message: "The page broke off before its data came." };

interface Embedded {
  comm_id: string;
  page: { error?: FailedPayload["error"] };
}

/** The model that an anywidget's `render` gets. Nothing a browser says may change what the kernel holds. */
function modelOf(page: unknown, send: Model["send"], listeners: Set<(answer: never) => void>): Model {
  return {
    get: () => page,
    on: (event, listener) => event === "msg:custom" && listeners.add(listener),
    off: (_event, listener) => listeners.delete(listener),
    send,
  };
}

/** Connect when the visitor shows an intent to ask, and part when the page is left. */
function follow(line: Line, kernelId: string): void {
  const connect = () => line.open();
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"])
    addEventListener(event, connect, { once: true, passive: true });
  addEventListener("pagehide", () => {
    line.lose();
    sayGoodbye(kernelId);
  });
}

/** Say that the page is left, so that its kernel need not wait for a question that never comes. */
const sayGoodbye = (kernelId: string): boolean => navigator.sendBeacon(`/bye/${kernelId}`);

async function main(el: HTMLElement): Promise<void> {
  const embedded = document.getElementById("caselog-state");
  const source = embedded ?? document.getElementById("caselog-failed");
  const state = (source ? JSON.parse(source.textContent ?? "") : { page: { error: UNFINISHED } }) as Embedded;
  const kernelId = embedded?.dataset.kernel;
  const listeners = new Set<(answer: never) => void>();
  const line = new Line(kernelId ?? "", state.comm_id, (answer) => {
    for (const listener of listeners) listener(answer as never);
  });
  if (kernelId && !state.page.error) follow(line, kernelId);
  else {
    line.lose(); // nobody to ask: whatever is clicked is a full load
    if (kernelId) sayGoodbye(kernelId);
  }
  const end = await component.render({ model: modelOf(state.page, (question) => line.send(question), listeners), el });
  line.fetch();
  const hide = (): void => {
    end();
    line.lose();
  };
  if (saidOver() === undefined) document.addEventListener(OVER, hide, { once: true });
  else hide();
}

/** What hides the page once its session is over; nobody waits for it. */
function watchLater(): void {
  const url = new URL("caselog-signed-in.js", import.meta.url).href;
  setTimeout(() => void import(url).catch(() => undefined), WATCHED_AFTER_MS);
}

const place = document.getElementById("caselog");
if (place) void main(place).finally(watchLater);
