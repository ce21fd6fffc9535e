/**
 * The part of the Jupyter protocol that a page needs: custom messages on one comm. A connection that is lost stays
 * lost: the next navigation is a full load, which brings a new kernel.
 */

import { SESSION_OVER } from "../generated/contract.ts";
import type { Question } from "../session/model.ts";
import { sayOver } from "../signed-in/over.ts";

/** What a kernel says on our comm; of anything else only this much is looked at. */
interface Message {
  header: { msg_type: string };
  content: { comm_id: string; data: { method: string; content: { id?: number } } };
}

export class Comm {
  readonly #kernelId: string;
  readonly #commId: string;
  readonly #onAnswer: (answer: unknown) => void;
  readonly #refuse: (id: number) => void;
  readonly #waiting: string[] = [];
  readonly #asked = new Set<number>();
  #socket: WebSocket | null = null;
  #isLost = false;

  /** `refuse` tells who asked that nobody answers. */
  constructor(kernelId: string, commId: string, onAnswer: (answer: unknown) => void, refuse: (id: number) => void) {
    this.#kernelId = kernelId;
    this.#commId = commId;
    this.#onAnswer = onAnswer;
    this.#refuse = refuse;
  }

  /** Ask the kernel; refused once the connection is known to be lost. */
  send(question: Question): void {
    if (this.#isLost) {
      this.#refuse(question.id);
      return;
    }
    this.#asked.add(question.id);
    const text = JSON.stringify(this.#envelope(question));
    this.open();
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#waiting.push(text);
  }

  /** Connect, so that the first question need not wait for it. */
  open(): void {
    if (this.#socket || this.#isLost) return;
    const url = new URL(`/api/kernels/${this.#kernelId}/channels`, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      if (this.#isLost) socket.close();
      else for (const text of this.#waiting.splice(0)) socket.send(text);
    });
    socket.addEventListener("message", (event) => this.#read(event.data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (code === SESSION_OVER) sayOver(reason); // first: then nobody waits for an answer
      this.lose();
    });
    this.#socket = socket;
  }

  /** Give the connection up: whoever waits for an answer is told, and nothing is sent any more. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    for (const id of this.#asked) this.#refuse(id);
    this.#asked.clear();
    this.#waiting.length = 0;
    // A socket that is still connecting is left to the browser: closing it would be complained about.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
  }

  #read(data: unknown): void {
    if (typeof data !== "string") return;
    const { header, content } = JSON.parse(data) as Message;
    if (header.msg_type !== "comm_msg" || content.comm_id !== this.#commId) return;
    if (content.data.method !== "custom") return;
    const answer = content.data.content;
    if (answer?.id !== undefined) this.#asked.delete(answer.id);
    this.#onAnswer(answer);
  }

  #envelope(content: Question): object {
    return {
      channel: "shell",
      header: {
        msg_id: crypto.randomUUID?.() ?? String(Math.random()).slice(2),
        msg_type: "comm_msg",
        session: this.#commId,
        username: "page",
        version: "5.3",
        date: new Date().toISOString(),
      },
      parent_header: {},
      metadata: {},
      content: { comm_id: this.#commId, data: { method: "custom", content } },
    };
  }
}
