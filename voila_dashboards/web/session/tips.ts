/** The one explanation that may stand on the page, apart from its state: pointing at a bar draws nothing anew. */

import type { ComponentChildren } from "preact";

export interface Explanation {
  anchor: Element;
  lines: ComponentChildren;
}

export class Tips {
  readonly #listeners = new Set<(shown: Explanation | null) => void>();
  #isShown = false;

  show(shown: Explanation): void {
    this.#isShown = true;
    this.#tell(shown);
  }

  hide(): void {
    if (this.#isShown) this.#tell(null);
    this.#isShown = false;
  }

  /** Hears of every change, until the function that comes back is called. */
  listen(listener: (shown: Explanation | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(shown: Explanation | null): void {
    for (const listener of this.#listeners) listener(shown);
  }
}
