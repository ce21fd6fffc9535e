/**
 * One page in one browser tab: what it shows, what it asks, where it is in the browser's history.
 *
 * A kernel that does not answer is replaced by loading the address anew. In stock Voila and in JupyterLab (`isRouted`
 * is false) addresses are not ours to change: then everything happens in place.
 */

import type { Found, PageFinding, PageName, PageParams, PagePayload, Payload } from "../generated/contract.ts";
import { hrefOf, isPage, type LinkParams, readUrl } from "./addresses.ts";
import { Carrying, inZone, ownZone } from "./carrying.ts";
import { History, type HistoryStep } from "./history.ts";
import { Kernel } from "./kernel.ts";
import { keyOf, loadView, viewOf } from "./loading.ts";
import { type AnyPayload, hasFailed, type Model, type Refusal, type Result } from "./model.ts";
import { Tips } from "./tips.ts";

/** What the page shows. */
export interface State {
  payload: AnyPayload | null;
  /** In place of a payload: why a question was refused. */
  refused: { page: PageName; text: string } | null;
  isBusy: boolean;
  notice: { text: string; again: (() => void) | null } | null;
}

interface Note {
  page: PageName;
  params: Record<string, string>;
  href: string;
  step: HistoryStep;
  /** What was left out of the address already, where the question is the same one anew. */
  leftOut?: Payload["left_out"];
}

const UNLOADED = "A part of this page could not be loaded. Load it again in a few seconds.";
const UNANSWERED = "The notebook does not answer any more: run its cell again.";

/** Asks the server instead of the kernel. Where the address is there already, it is come back to as it was left. */
function load({ href, step }: Note): void {
  if (step.kind === "stay") location.reload();
  else location.assign(href);
}

const withLeftOut = (payload: AnyPayload, leftOut: Note["leftOut"]): AnyPayload =>
  leftOut && !hasFailed(payload) ? { ...payload, left_out: leftOut } : payload;

export class Session {
  readonly isRouted = document.documentElement.hasAttribute("data-caselog-pages");
  readonly root: HTMLElement;
  /** What explains something just now. */
  readonly tip = new Tips();
  state: State = { payload: null, refused: null, isBusy: false, notice: null };
  /** What goes along from page to page. */
  readonly carrying = new Carrying();
  readonly #model: Model;
  readonly #draw: () => void;
  readonly #history: History;
  readonly #kernel: Kernel<Note>;
  readonly #last = new Map<string, AnyPayload>();

  /** `draw` draws the state into `root` before it returns. */
  constructor(model: Model, root: HTMLElement, draw: (session: Session) => void) {
    this.root = root;
    this.#model = model;
    this.#draw = () => draw(this);
    this.#history = new History(root, this.isRouted);
    this.#kernel = new Kernel<Note>(model, {
      busy: (isBusy) => this.show(isBusy ? { isBusy } : { isBusy, notice: null }),
      answered: (answer, note) => void this.#hear(answer, note),
      lost: (note) => this.#lose(note),
    });
    model.on("change:page", this.#take);
  }

  /** Draws the payload that came with the page. */
  async open(): Promise<void> {
    const payload = this.#model.get("page") as AnyPayload | null;
    try {
      await this.#prepare(payload);
      this.show({ payload });
      this.#askInZone(payload);
    } catch {
      const error = { code: "unavailable", message: UNLOADED };
      this.show({ payload: { page: payload?.page ?? "", params: {}, now_ms: Date.now(), error } });
    }
  }

  close(): void {
    this.#kernel.close();
    this.#model.off?.("change:page", this.#take);
  }

  /** Changes what is shown. */
  show(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    const { payload } = change;
    if (payload) this.#last.set(payload.page, payload);
    if (payload && !hasFailed(payload)) this.carrying.note(payload.page, payload.params);
    this.#draw();
  }

  /** What was shown last of a page since it was loaded, such as the list that a ticket was chosen from. */
  last<Name extends PageName>(page: Name): PagePayload<Name> | null {
    const payload = this.#last.get(page);
    return payload && !hasFailed(payload) ? (payload as PagePayload<Name>) : null;
  }

  /** Whether what is shown is such a page. */
  isAt(page: PageName): boolean {
    return this.state.refused === null && this.state.payload?.page === page;
  }

  /** Asks for a page by what a link says. */
  go<Name extends PageName>(page: Name, params: LinkParams<Name>, step: HistoryStep = { kind: "push" }): void {
    const goal = readUrl(new URL(hrefOf(page, params), location.href), location.origin);
    this.ask(page, goal?.params ?? {}, step);
  }

  /** Values of a parameter that have these words, within what `params` leave; null where nobody answers. */
  find<Name extends keyof PageFinding>(
    page: Name,
    params: PageParams[Name],
    param: PageFinding[Name],
    words: string,
  ): Promise<Found | null> {
    return this.#kernel.find(page, { ...params }, param, words);
  }

  /** Names in the address what is looked at of the page that is shown; nothing is asked. */
  mark<Name extends PageName>(page: Name, params: LinkParams<Name>): void {
    this.#history.step({ kind: "replace" }, hrefOf(page, params));
  }

  ask(
    page: PageName,
    params: Record<string, string>,
    step: HistoryStep = { kind: "push" },
    again: Pick<Note, "leftOut"> = {},
  ): void {
    const asked = inZone(page, params);
    this.#kernel.ask(page, asked, { page, params: asked, href: hrefOf(page, asked), step, ...again });
  }

  readonly #take = (): void => void this.open();

  /** A first visit is counted in days of UTC, until the server knows the zone by its cookie. */
  #askInZone(payload: AnyPayload | null): void {
    if (!this.isRouted || !payload || hasFailed(payload) || !("zone" in payload.params)) return;
    const secure = location.protocol === "https:" ? "; secure" : "";
    // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in all browsers that are promised
    document.cookie = `caselog_zone=${ownZone()}; path=/; max-age=31536000; samesite=strict${secure}`;
    const isSaid = new URLSearchParams(location.search).has("zone");
    const { zone } = payload.params;
    const again = { leftOut: payload.left_out };
    if (!isSaid && zone !== ownZone())
      this.ask(payload.page, { ...payload.params, zone: "" }, { kind: "replace" }, again);
    else if (!isSaid) window.history.replaceState(window.history.state, "", hrefOf(payload.page, payload.params));
  }

  async #prepare(payload: AnyPayload | null): Promise<void> {
    if (payload && !("error" in payload) && isPage(payload.page) && !viewOf(payload.page)) await loadView(payload.page);
  }

  async #hear(answer: Result | Refusal, note: Note): Promise<void> {
    if (answer.kind === "error") return this.#refuse(answer, note);
    try {
      await this.#prepare(answer.payload);
    } catch {
      return this.#lose(note); // its view cannot be loaded: a server that was updated has another
    }
    const before = this.#seen();
    this.#history.step(note.step, note.href);
    this.tip.hide();
    this.show({ payload: withLeftOut(answer.payload, note.leftOut), refused: null });
    this.#history.settle(note.step, before !== this.#seen());
  }

  /** What is looked at: another page, or the same page of another thing, is read from its head. */
  #seen(): string {
    const { payload, refused } = this.state;
    return refused ? "refused" : `${payload?.page} ${keyOf(payload)}`;
  }

  #refuse({ code, message }: { code: string; message: unknown }, note: Note): void {
    if (code === "not_found") {
      this.#history.step(note.step, note.href);
      const text = "There is no such ticket here, or it is not yours to see.";
      this.show({ refused: { page: note.page, text } });
    } else if (code === "gone" && this.isRouted) load(note);
    else this.#say(typeof message === "string" ? message : "The page could not be built.", note);
  }

  #lose(note: Note): void {
    if (this.isRouted) load(note);
    else this.#say(UNANSWERED, note);
  }

  #say(text: string, note: Note): void {
    this.show({ notice: { text, again: () => this.ask(note.page, note.params, note.step) } });
  }
}
