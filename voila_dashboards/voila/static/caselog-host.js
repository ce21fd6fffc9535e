/**
 * A widget host for one anywidget: what voila.js and requirejs would do, for the one component of these pages.
 *
 * It reads the first data from the page, hands it to the component (`/static/caselog.js`, the file that is also
 * anywidget's `_esm`) and opens the kernel's websocket the first time a question is asked. A connection that is
 * lost stays lost: the next navigation is a full load, which brings a new kernel.
 */

const UNFINISHED = { code: "unavailable", message: "The page broke off before its data came." };
const RECONNECT_MESSAGE = "The connection to this page was lost: load it again.";

/** The part of the Jupyter protocol that a page needs: custom messages on one comm. */
class Comm {
  #kernelId;
  #commId;
  #onAnswer;
  #socket = null;
  #waiting = [];
  #asked = new Set();
  #isLost = false;

  constructor(kernelId, commId, onAnswer) {
    this.#kernelId = kernelId;
    this.#commId = commId;
    this.#onAnswer = onAnswer;
  }

  /** Ask the kernel; throws once the connection is known to be lost. */
  send(content) {
    if (this.#isLost) throw new Error(RECONNECT_MESSAGE);
    if (typeof content?.id === "number") this.#asked.add(content.id);
    const text = JSON.stringify(this.#envelope(content));
    this.open();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#waiting.push(text);
  }

  /** Connect, so that the first question need not wait for it. */
  open() {
    if (this.#socket || this.#isLost) return;
    const url = new URL(`/api/kernels/${this.#kernelId}/channels`, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("open", () => {
      if (this.#isLost) this.#socket.close();
      else for (const text of this.#waiting.splice(0)) this.#socket.send(text);
    });
    this.#socket.addEventListener("message", (event) => this.#read(event.data));
    this.#socket.addEventListener("close", () => this.lose());
  }

  /** Give the connection up: whoever waits for an answer is told, and nothing is sent any more. */
  lose() {
    if (this.#isLost) return;
    this.#isLost = true;
    for (const id of this.#asked) {
      this.#onAnswer({ kind: "error", id, code: "gone", message: RECONNECT_MESSAGE });
    }
    this.#asked.clear();
    this.#waiting.length = 0;
    // A socket that is still connecting is left to the browser: closing it would be complained about.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
  }

  #read(data) {
    if (typeof data !== "string") return;
    const { header, content } = JSON.parse(data);
    if (header.msg_type !== "comm_msg" || content.comm_id !== this.#commId) return;
    if (content.data.method !== "custom") return;
    this.#asked.delete(content.data.content?.id);
    this.#onAnswer(content.data.content);
  }

  #envelope(content) {
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

/** The model that an anywidget's `render` gets, https://anywidget.dev/en/afm/ . */
class Model {
  #state;
  #listeners = new Map();

  constructor(state, openComm) {
    this.#state = state;
    this.comm = openComm((content) => this.#emit("msg:custom", content, []));
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    this.#state[name] = value;
    this.#emit(`change:${name}`, value);
    this.#emit("change");
  }

  /** State is kept in this page only: nothing a browser says may change what the kernel holds. */
  save_changes() {}

  send(content) {
    this.comm.send(content);
  }

  on(event, callback) {
    const callbacks = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, callbacks.add(callback));
  }

  off(event, callback) {
    if (event == null) this.#listeners.clear();
    else if (callback == null) this.#listeners.delete(event);
    else this.#listeners.get(event)?.delete(callback);
  }

  #emit(event, ...values) {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...values);
  }
}

/** Say that the page is left, so that its kernel need not wait for a question that never comes. */
function sayGoodbye(kernelId) {
  navigator.sendBeacon(`/bye/${kernelId}`);
}

/** Connect when the visitor shows an intent to ask, and part when the page is left. */
function follow(comm, kernelId) {
  const connect = () => comm.open();
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) {
    addEventListener(event, connect, { once: true, passive: true });
  }
  addEventListener("pagehide", () => {
    comm.lose();
    sayGoodbye(kernelId);
  });
}

async function main() {
  const element = document.getElementById("caselog");
  const embedded = document.getElementById("caselog-state");
  const source = embedded ?? document.getElementById("caselog-failed");
  const state = source ? JSON.parse(source.textContent) : { page: { error: UNFINISHED } };
  const { default: component } = await import(element.dataset.module);
  const kernelId = embedded?.dataset.kernel;
  const model = new Model({ page: state.page }, (onAnswer) => new Comm(kernelId, state.comm_id, onAnswer));
  if (kernelId && !state.page.error) follow(model.comm, kernelId);
  else {
    model.comm.lose(); // nobody to ask: whatever is clicked is a full load
    if (kernelId) sayGoodbye(kernelId);
  }
  const widget = typeof component === "function" ? await component() : component;
  await widget.initialize?.({ model });
  element.replaceChildren();
  await widget.render({ model, el: element });
}

main();
