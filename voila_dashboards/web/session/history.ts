/** The browser's history: each address is remembered with how far down it was read. */

/** `push` a new address, `replace` the last one, or `stay`: the address is there already, read down to `y`. */
export type HistoryStep = { kind: "push" } | { kind: "replace" } | { kind: "stay"; y: number };

export class History {
  readonly #root: HTMLElement;
  readonly #isRouted: boolean;

  constructor(root: HTMLElement, isRouted: boolean) {
    this.#root = root;
    this.#isRouted = isRouted;
  }

  /** Takes a step to `href`; in a notebook addresses are left alone. */
  step(step: HistoryStep, href: string): void {
    if (!this.#isRouted || step.kind === "stay") return;
    if (step.kind === "replace") {
      window.history.replaceState(window.history.state, "", href);
      return;
    }
    // Each change of the history takes a turn of the whole browser: no more of them than there is to remember.
    const { state } = window.history;
    if ((state?.y ?? 0) !== scrollY) window.history.replaceState({ ...state, y: scrollY }, "");
    window.history.pushState({ y: 0 }, "", href);
  }

  /** After the page was drawn: where it was read, where one goes back; its head, where it is another. */
  settle(step: HistoryStep, isAnother: boolean): void {
    if (step.kind === "stay") scrollTo(0, step.y);
    else if (isAnother) this.#isRouted ? scrollTo(0, 0) : this.#root.scrollIntoView();
    if (isAnother) this.#root.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
}
