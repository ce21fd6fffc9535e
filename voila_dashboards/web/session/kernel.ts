/**
 * Questions to the kernel that drew the page. Of what to show only the last one counts; one that is not answered in
 * time, or cannot be sent, is lost, and its kernel with it. A search among values stands beside it, and loses nothing.
 */

import type { Found, PageName } from "../generated/contract.ts";
import type { Answer, Model, Question, Refusal, Result } from "./model.ts";

const ANSWER_DEADLINE_MS = 10_000;
const BUSY_AFTER_MS = 120;

/** What happens with one question; `Note` is whatever the asker wants to remember with it. */
export interface Hearing<Note> {
  busy(isBusy: boolean): void;
  answered(answer: Result | Refusal, note: Note): void;
  lost(note: Note): void;
}

interface Pending<Note> {
  id: number;
  note: Note;
  timers: ReturnType<typeof setTimeout>[];
}

/** A search that waits for its answer; told null where there is none. */
interface Search {
  tell: (found: Found | null) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class Kernel<Note> {
  readonly #model: Model;
  readonly #hearing: Hearing<Note>;
  #last = 0;
  #pending: Pending<Note> | null = null;
  readonly #searches = new Map<number, Search>();

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
    if (!this.#send({ kind: "query", id, page, params })) this.#lose();
  }

  /** Values of a parameter that have these words; null where nobody answers. */
  find(page: PageName, params: Record<string, string>, param: string, words: string): Promise<Found | null> {
    const id = ++this.#last;
    return new Promise((tell) => {
      const timer = setTimeout(() => this.#tell(id, null), ANSWER_DEADLINE_MS);
      this.#searches.set(id, { tell, timer });
      if (!this.#send({ kind: "find", id, page, params, param, words })) this.#tell(id, null);
    });
  }

  /** Hears nothing any more. */
  close(): void {
    this.#settle(false);
    for (const id of [...this.#searches.keys()]) this.#tell(id, null);
    this.#model.off?.("msg:custom", this.#receive);
  }

  readonly #receive = (answer: Answer | undefined): void => {
    if (!answer) return;
    this.#tell(answer.id, answer.kind === "found" ? answer.found : null);
    const asked = this.#pending;
    if (answer.id !== asked?.id || answer.kind === "found") return; // to an older question: a newer one was asked since
    this.#settle();
    this.#hearing.answered(answer, asked.note);
  };

  #send(question: Question): boolean {
    try {
      if (this.#model.comm_live === false) return false;
      this.#model.send(question);
      return true;
    } catch {
      return false;
    }
  }

  #tell(id: number, found: Found | null): void {
    const search = this.#searches.get(id);
    this.#searches.delete(id);
    clearTimeout(search?.timer);
    search?.tell(found);
  }

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
