/** The websocket by which the server says that the session is over. It is opened anew wherever it is lost. */

import { SESSION_OVER } from "../generated/contract.ts";

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** A connection that lasted so long was a good one. */
const GOOD_AFTER_MS = 10_000;

export class Watch {
  readonly #url: URL;
  readonly #onOver: (reason: string) => void;
  #socket: WebSocket | null = null;
  #pause = SHORTEST_PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** `tag` names the session; `onOver` hears once, and why. */
  constructor(tag: string, onOver: (reason: string) => void) {
    this.#url = new URL(`/session/${tag}/end`, location.href);
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#onOver = onOver;
  }

  /** Asks anew, by the cookie that the browser has now. */
  ask(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const before = this.#socket;
    const socket = new WebSocket(this.#url);
    const since = Date.now();
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (this.#isOver || socket !== this.#socket) socket.close();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (code === SESSION_OVER) this.#end(reason);
      else if (socket === this.#socket) this.#askLater(Date.now() - since);
    });
    part(before);
  }

  /** Asks where nobody would tell. */
  askIfLost(): void {
    if (this.#socket === null || this.#socket.readyState > WebSocket.OPEN) this.ask();
  }

  /** Hears nothing any more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    part(this.#socket);
  }

  #askLater(lasted: number): void {
    if (this.#isOver) return;
    this.#socket = null;
    this.#pause = lasted > GOOD_AFTER_MS ? SHORTEST_PAUSE_MS : Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => this.ask(), this.#pause * (0.5 + Math.random()));
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#onOver(reason);
  }
}

/** One that is still connecting is closed once it is open: browsers complain on their console about the other. */
function part(socket: WebSocket | null): void {
  if (socket?.readyState === WebSocket.OPEN) socket.close();
}
