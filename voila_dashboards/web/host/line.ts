/** The way to the kernel. What speaks on it is fetched when the page is drawn, which needs no answer for that. */

import type { Question } from "../session/model.ts";
import type { Comm } from "./comm.ts";

const LOST = "The connection to this page was lost: load it again.";

export class Line {
  readonly #make: () => Promise<Comm>;
  readonly #refuse: (id: number) => void;
  #comm: Promise<Comm> | null = null;
  #isLost = false;

  constructor(kernelId: string, commId: string, onAnswer: (answer: unknown) => void) {
    this.#refuse = (id) => onAnswer({ kind: "error", id, code: "gone", message: LOST });
    this.#make = async () => new (await import("./comm.ts")).Comm(kernelId, commId, onAnswer, this.#refuse);
  }

  /** Have what speaks on it at hand; where it cannot be fetched, whoever asks is told. */
  fetch(): void {
    if (!this.#isLost) this.#reached().catch(() => undefined);
  }

  /** Connect, so that the first question need not wait for it. */
  open(): void {
    if (this.#isLost) return;
    this.#reached().then(
      (comm) => this.#isLost || comm.open(),
      () => undefined,
    );
  }

  /** Ask the kernel; throws once the connection is given up. */
  send(question: Question): void {
    if (this.#isLost) throw new Error(LOST);
    this.#reached()
      .then((comm) => comm.send(question))
      .catch(() => this.#refuse(question.id));
  }

  /** Give the connection up: whoever waits for an answer is told, and nothing is sent any more. */
  lose(): void {
    this.#isLost = true;
    this.#comm?.then(
      (comm) => comm.lose(),
      () => undefined,
    );
  }

  #reached(): Promise<Comm> {
    this.#comm ??= this.#make();
    return this.#comm;
  }
}
