/**
 * Questions to the kernel that drew the page. Only the last one counts; one that is not answered in time, or cannot be
 * sent, is lost, and its kernel with it.
 */

import type { PageName } from "../generated/contract.ts";
import type { Answer, Model } from "./model.ts";

const ANSWER_DEADLINE_MS = 10_000;
const BUSY_AFTER_MS = 120;

/** What happens with one question; `Note` is whatever the asker wants to remember with it. */
export interface Hearing<Note> {
  busy(isBusy: boolean): void;
  answered(answer: Answer, note: Note): void;
  lost(note: Note): void;
}

interface Pending<Note> {
  id: number;
  note: Note;
  timers: ReturnType<typeof setTimeout>[];
}

export class Kernel<Note> {
  readonly #model: Model;
  readonly #hearing: Hearing<Note>;
  #last = 0;
  #pending: Pending<Note> | null = null;

  constructor(model: Model, hearing: Hearing<Note>) {
    this.#model = model;
    this.#hearing = hearing;
    model.on("msg:custom", this.#receive);
  }

  ask(page: PageName, params: Record<string, string>, note: Note): void {
    this.#settle(false);
    const id = ++this.#last;
    const timers = [
      setTimeout(() => this.#lose(), ANSWER_DEADLINE_MS),
      setTimeout(() => this.#hearing.busy(true), BUSY_AFTER_MS),
    ];
    this.#pending = { id, note, timers };
    try {
      if (this.#model.comm_live === false) throw new Error("the connection is closed");
      this.#model.send({ kind: "query", id, page, params });
    } catch {
      this.#lose();
    }
  }

  /** Hears nothing any more. */
  close(): void {
    this.#settle(false);
    this.#model.off?.("msg:custom", this.#receive);
  }

  readonly #receive = (answer: Answer | undefined): void => {
    const asked = this.#pending;
    if (!answer || !asked || answer.id !== asked.id) return; // to an older question: a newer one was asked since
    this.#settle();
    this.#hearing.answered(answer, asked.note);
  };

  #lose(): void {
    const asked = this.#pending;
    this.#settle();
    if (asked) this.#hearing.lost(asked.note);
  }

  #settle(isQuiet = true): void {
    for (const timer of this.#pending?.timers ?? []) clearTimeout(timer);
    this.#pending = null;
    if (isQuiet) this.#hearing.busy(false);
  }
}
