/**
 * The one component of all pages, as an anywidget: overview, list and ticket, drawn from one payload.
 *
 * Everything that comes from a log is untrusted: it becomes text (never markup), and any shape must show something.
 */

import { render } from "preact";
import { App } from "./app/app.tsx";
import "./text/turning.ts";
import { followLinks } from "./session/links.ts";
import type { Model } from "./session/model.ts";
import { Session } from "./session/session.ts";

export default {
  /** Draws the page into `el` and keeps it alive; what it returns ends it. */
  async render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
    const root = document.createElement("div");
    root.className = "caselog cl-app";
    const session = new Session(model, root, () => render(<App session={session} state={session.state} />, root));
    const unfollow = followLinks(session);
    await session.open();
    el.replaceChildren(root);
    return () => {
      unfollow();
      session.close();
      render(null, root);
      root.remove();
    };
  },
};
