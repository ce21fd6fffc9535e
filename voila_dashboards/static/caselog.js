/**
 * Caselog's one component: overview, ticket list and ticket debugger, drawn from one payload.
 *
 * Plain ECMAScript, no framework, no build step: anywidget loads this file as it is, and so does the server.
 * Contents: 1 elements · 2 words and numbers · 3 addresses · 4 the session with the kernel · 5 shared pieces ·
 * 6 overview · 7 tickets · 8 reading a trace · 9 laying out a timeline · 10 ticket · 11 the door.
 *
 * Everything that comes from a log is untrusted: it becomes text (never markup), and any shape must show something.
 */

// ---------------------------------------------------------------- 1 elements

/**
 * An element. `props`: `class`, `on` ({event: listener}), `style` (set through CSSOM, as the CSP wants it), attributes;
 * null and false leave an attribute out. Children: nodes, text, nested lists; null and false are left out.
 */
function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
function svg(tag, props, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "style") for (const [key, each] of Object.entries(value)) node.style.setProperty(key, each);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(...(typeof child === "string" ? shown(child) : [child]));
  }
  return node;
}

/** Characters that turn the direction of text around. They may stand in any name, and would rearrange what is beside it. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;
const codeOf = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase()}`;

/** `text` with each turning character as a box that shows its code; the box keeps the character, for whoever copies it. */
function shown(text) {
  if (!TURNING.test(text)) return [text];
  return text.split(new RegExp(`(${TURNING.source})`)).filter(Boolean).map((part) => {
    if (!TURNING.test(part)) return part;
    const box = document.createElement("span");
    box.className = "cl-turning";
    box.dataset.code = codeOf(part);
    box.title = `The character ${codeOf(part)}, which turns the direction of text around`;
    box.textContent = part;
    return box;
  });
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;

/** The same where only text can stand, as in a title; what runs from the right does not touch what is beside it. */
function shownText(text) {
  const plain = String(text).replace(new RegExp(TURNING.source, "g"), (each) => `[${codeOf(each)}]`);
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** A text of somebody's own among words of ours. */
const isolated = (text) => h("bdi", {}, text);

/** What is there of `items`, with a dot between each and the next; texts of somebody's own stay apart. */
const dotted = (items) => items.filter(Boolean).flatMap((item, i) => [i ? " · " : null, isolated(item)]);

/** Appends `items` in portions, with a button for the next portion: a long list must not freeze a page. */
function appendInPortions(parent, items, draw, portion) {
  let drawn = 0;
  const more = h("button", { type: "button", class: "cl-more", on: { click: () => next() } });
  const next = (upTo = drawn + portion) => {
    const fragment = document.createDocumentFragment();
    for (const end = Math.min(items.length, upTo); drawn < end; drawn++) fragment.append(draw(items[drawn], drawn));
    more.remove();
    parent.append(fragment);
    const left = items.length - drawn;
    if (left > 0) {
      more.textContent = `Show ${count(Math.min(portion, left))} more of ${count(left)}`;
      parent.append(more);
    }
  };
  next();
  return next;
}

// ---------------------------------------------------------------- 2 words and numbers

const KNOWN_STATUSES = { SUCCESS: "success", FAILED: "failed", ESCALATED: "escalated" };
const NO_CATEGORY = "(none)";
const REST = "OTHER STATUSES";
const OWN_COLOURS = 5;
const DAY_MS = 86400000;
const DASH = "–";

const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A finite number, also from numeric text; null otherwise. */
function num(value) {
  if (typeof value === "string" && value.trim() !== "") value = Number(value);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

const count = (value) => (num(value) === null ? DASH : integers.format(num(value)));
const short = (value) => (num(value) === null ? DASH : num(value) < 10000 ? integers.format(num(value)) : compact.format(num(value)));
const percent = (share, digits = 1) => (num(share) === null ? DASH : `${(num(share) * 100).toFixed(digits).replace(/\.0$/, "")} %`);

function money(value) {
  const usd = num(value);
  if (usd === null) return DASH;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: Math.abs(usd) < 1 ? 4 : 2 })}`;
}

/** Milliseconds as a person says them: 850 ms, 17.3 s, 2 m 5 s, 1 h 3 m. */
function duration(ms) {
  ms = num(ms);
  if (ms === null) return DASH;
  if (ms < 1) return ms > 0 ? "< 1 ms" : "0 s";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(2).replace(/\.?0+$/, "")} s`;
  if (ms < 59950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return both(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 2880) return both(Math.floor(minutes / 60), "h", minutes % 60, "m");
  return minutes < 1440 * 36525 ? `${(minutes / 1440).toFixed(1)} days` : "over 100 years";
}

const both = (big, unit, small, part) => (small ? `${big} ${unit} ${small} ${part}` : `${big} ${unit}`);
const seconds = (value) => duration(num(value) === null ? null : num(value) * 1000);
const bytes = (n) => (n < 1024 ? `${n} B` : n < 1048576 ? `${(n / 1024).toFixed(1)} KB` : `${(n / 1048576).toFixed(1)} MB`);
const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

const two = (n) => String(n).padStart(2, "0");
const validTime = (ms) => typeof ms === "number" && Math.abs(ms) <= 8.64e15;

/** `2026-11-23 14:03` in the browser's zone. */
function localTime(ms, withSeconds = false) {
  if (!validTime(ms)) return DASH;
  const d = new Date(ms);
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? `:${two(d.getSeconds())}` : ""}`;
}

/** The browser's zone at that moment, such as `GMT+1`. */
function zone(ms = Date.now()) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(new Date(validTime(ms) ? ms : 0));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local time";
}

/** A `<time>`: local on the page, UTC on hover. */
function timeView(ms, withSeconds = false) {
  if (!validTime(ms)) return h("span", { class: "cl-muted" }, DASH);
  const iso = new Date(ms).toISOString();
  return h("time", { datetime: iso, title: `${iso.replace("T", " ").replace(/\.\d+Z|Z/, "")} UTC` }, localTime(ms, withSeconds));
}

const utcDay = (ms) => new Date(ms).toISOString().slice(0, 10);

/** The colour of a status. One of a client's own keeps its colour from page to page, unless another has taken it. */
function statusKind(status, statuses = [status]) {
  if (Object.hasOwn(KNOWN_STATUSES, status)) return KNOWN_STATUSES[status];
  const taken = [];
  for (const own of statuses.filter((each) => !Object.hasOwn(KNOWN_STATUSES, each) && each !== REST).sort()) {
    let place = [...String(own)].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % OWN_COLOURS;
    while (taken.includes(place) && taken.length % OWN_COLOURS) place = (place + 1) % OWN_COLOURS;
    if (own === status) return `own${place}`;
    if (taken.push(place) === OWN_COLOURS) taken.length = 0;
  }
  return "other";
}

// ---------------------------------------------------------------- 3 addresses

const ASCENDING_FIRST = new Set(["ticket_id", "client_id", "category", "status"]);
const firstDirection = (sort) => (ASCENDING_FIRST.has(sort) ? "asc" : "desc");

/** The address of a page; what is the default anyway is left out. */
function hrefOf(page, params) {
  if (page === "ticket") return `/ticket/${encodeURIComponent(params.client_id)}/${encodeURIComponent(params.log_id)}`;
  const defaults =
    page === "overview"
      ? { range: "30d" }
      : { range: "all", sort: "executed_at", dir: firstDirection(params.sort || "executed_at"), page: "1" };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value && value !== defaults[name]) query.set(name, value);
  const text = query.toString();
  return (page === "overview" ? "/" : "/tickets") + (text ? `?${text}` : "");
}

/** `{page, params}` of an address of ours, or null. */
function readUrl(url) {
  if (url.origin !== location.origin) return null;
  const params = Object.fromEntries(url.searchParams);
  if (url.pathname === "/") return { page: "overview", params };
  if (url.pathname === "/tickets") return { page: "tickets", params };
  const found = /^\/ticket\/([^/]+)\/([^/]+)$/.exec(url.pathname);
  if (!found) return null;
  try {
    return { page: "ticket", params: { client_id: decodeURIComponent(found[1]), log_id: decodeURIComponent(found[2]) } };
  } catch {
    return null; // a broken escape: let the server say so
  }
}

const statusParam = (statuses) => statuses.map((status) => status.replace(/[%,]/g, encodeURIComponent)).join(",");
const statusList = (param) =>
  (param || "").split(",").filter(Boolean).map((word) => {
    try {
      return decodeURIComponent(word);
    } catch {
      return word;
    }
  });

// ---------------------------------------------------------------- 4 the session with the kernel

const ANSWER_DEADLINE_MS = 10000;
const BUSY_AFTER_MS = 120;

/**
 * One page in one browser tab. A question goes to the kernel that drew the page; its answer is drawn and the address
 * pushed. A kernel that does not answer is replaced by loading the address anew. In stock Voila and in JupyterLab
 * (`routed` is false) addresses are not ours to change: then everything happens in place.
 */
class Session {
  constructor(model, el) {
    this.model = model;
    this.routed = document.documentElement.hasAttribute("data-caselog-pages");
    this.last = 0;
    this.pending = null;
    this.tip = h("div", { class: "cl-tip", role: "status", hidden: true });
    this.busy = h("div", { class: "cl-busy", hidden: true });
    this.notice = h("div", { class: "cl-notice", role: "alert", hidden: true });
    this.main = h("div", { class: "cl-view" });
    this.root = h("div", { class: "caselog cl-app" }, this.busy, this.notice, this.main, this.tip);
    this.undo = [];
    el.replaceChildren(this.root);
    this.listen();
    this.draw(model.get("page"));
  }

  listen() {
    const on = (target, event, listener) => {
      target.addEventListener(event, listener);
      this.undo.push(() => target.removeEventListener(event, listener));
    };
    const onMessage = (message) => this.receive(message);
    const onPage = () => this.draw(this.model.get("page"));
    this.model.on("msg:custom", onMessage);
    this.model.on("change:page", onPage);
    this.undo.push(() => this.model.off?.("msg:custom", onMessage), () => this.model.off?.("change:page", onPage));
    on(this.routed ? document : this.root, "click", (event) => this.follow(event));
    on(window, "scroll", () => this.hideTip());
    on(document, "keydown", (event) => event.key === "Escape" && (this.hideTip(), this.closePopovers(null)));
    on(document, "pointerdown", (event) => this.closePopovers(event.target));
    if (this.routed) on(window, "popstate", (event) => this.goBack(event.state));
  }

  close() {
    clearTimeout(this.pending?.deadline);
    for (const undo of this.undo) undo();
  }

  /** A plain click on a link of ours asks the kernel; any other click is the browser's. */
  follow(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || link.hasAttribute("download") || link.getAttribute("target")) return;
    if (!this.root.contains(link) && !link.closest(".cl-nav, .cl-brand")) return;
    const href = link.getAttribute("href"); // of an SVG link, `link.href` is an object
    const goal = readUrl(new URL(href, location.href));
    if (!goal || href.startsWith("#")) return;
    event.preventDefault();
    this.ask(goal.page, goal.params);
  }

  goBack(state) {
    const goal = readUrl(new URL(location.href));
    if (goal) this.ask(goal.page, goal.params, "stay", state?.y ?? 0);
  }

  /** `history`: `push`, `replace`, or `stay` (the address is there already). */
  ask(page, params, history = "push", y = null) {
    const id = ++this.last;
    const href = hrefOf(page, params);
    clearTimeout(this.pending?.deadline);
    clearTimeout(this.pending?.busy);
    this.pending = {
      id, href, history, y,
      deadline: setTimeout(() => this.lose(href), ANSWER_DEADLINE_MS),
      busy: setTimeout(() => (this.busy.hidden = false), BUSY_AFTER_MS),
    };
    try {
      if (this.model.comm_live === false) throw new Error("the connection is closed");
      this.model.send({ kind: "query", id, page, params });
    } catch {
      this.lose(href);
    }
  }

  receive(message) {
    const asked = this.pending;
    if (!message || !asked || message.id !== asked.id) return; // an older question: a newer one was asked since
    this.settle();
    if (message.kind === "error") this.refuse(message, asked);
    else if (message.kind === "result") this.arrive(message.payload, asked);
  }

  settle() {
    clearTimeout(this.pending?.deadline);
    clearTimeout(this.pending?.busy);
    this.pending = null;
    this.busy.hidden = true;
    this.notice.hidden = true;
  }

  arrive(payload, asked) {
    const moved = payload?.page !== this.page;
    if (this.routed && asked.history === "push") {
      window.history.replaceState({ ...window.history.state, y: scrollY }, "");
      window.history.pushState({ y: 0 }, "", asked.href);
    } else if (this.routed && asked.history === "replace") window.history.replaceState(window.history.state, "", asked.href);
    this.draw(payload, moved);
    if (asked.y !== null) scrollTo(0, asked.y);
    else if (moved || payload?.page === "ticket") this.routed ? scrollTo(0, 0) : this.root.scrollIntoView();
  }

  refuse({ code, message }, asked) {
    if (code === "not_found") {
      if (this.routed && asked.history === "push") window.history.pushState({ y: 0 }, "", asked.href);
      this.page = "message";
      this.main.replaceChildren(messageView("Not found", "There is no such ticket here, or it is not yours to see.", link("tickets", {}, {}, "All tickets")));
    } else if (this.routed && ["expired", "gone", "signed_out"].includes(code)) location.assign(asked.href);
    else this.say(`${typeof message === "string" ? message : "The page could not be built."}`, asked);
  }

  lose(href) {
    const asked = this.pending;
    this.settle();
    if (this.routed) location.assign(href);
    else this.say("The notebook does not answer any more: run its cell again.", asked);
  }

  say(text, asked) {
    const goal = asked && readUrl(new URL(asked.href, location.href));
    const again = () => this.ask(goal.page, goal.params, asked.history);
    this.notice.replaceChildren(text, " ", goal ? h("button", { type: "button", class: "cl-button", on: { click: again } }, "Try again") : "");
    this.notice.hidden = false;
  }

  /** Draws a payload; whatever had the focus keeps it. */
  draw(payload, moved = false) {
    const focus = rememberFocus(this.root);
    this.hideTip();
    this.page = payload?.page ?? null;
    this.payload = payload;
    const view = payload?.error ? failureView : { overview: overviewView, tickets: ticketsView, ticket: ticketView }[this.page] ?? skeletonView;
    let drawn;
    try {
      drawn = view(this, payload);
    } catch (error) {
      drawn = [messageView("This page could not be drawn", String(error?.message ?? error)), payload?.data?.trace ? rawCard(payload.data) : null];
    }
    this.main.replaceChildren(...[this.routed ? null : localNav(this.page), asOfMark(payload), drawn].flat(Infinity).filter(Boolean));
    if (moved) this.main.querySelector("h1")?.focus({ preventScroll: true });
    else focus.restore();
    if (this.routed) this.tellHeader();
  }

  tellHeader() {
    const title = { overview: "Overview", tickets: "Tickets", ticket: label(this.payload?.data?.log?.ticket_id) }[this.page];
    if (title) document.title = `${shownText(title)} · Caselog`;
    for (const each of document.querySelectorAll(".cl-nav a")) {
      const here = each.getAttribute("href") === (this.page === "overview" ? "/" : "/tickets");
      here ? each.setAttribute("aria-current", "page") : each.removeAttribute("aria-current");
    }
  }

  /** Shows what `lines` say beside `anchor` while it is pointed at or has the focus; of a button also when it is pressed. */
  explain(anchor, lines) {
    const show = () => {
      this.tip.replaceChildren(...lines().filter(Boolean));
      this.tip.hidden = false;
      const at = anchor.getBoundingClientRect();
      const own = this.tip.getBoundingClientRect();
      const left = Math.max(8, Math.min(at.left + Math.min(at.width, 240) / 2 - own.width / 2, innerWidth - own.width - 8));
      const above = at.top - own.height - 8;
      this.tip.style.left = `${left}px`;
      this.tip.style.top = `${above > 8 ? above : Math.min(at.bottom + 8, innerHeight - own.height - 8)}px`;
    };
    anchor.addEventListener("pointerenter", show);
    anchor.addEventListener("focus", show);
    if (anchor instanceof HTMLButtonElement) anchor.addEventListener("click", show); // a touch is over before its click
    anchor.addEventListener("pointerleave", () => this.hideTip());
    anchor.addEventListener("blur", () => this.hideTip());
    return anchor;
  }

  closePopovers(except) {
    for (const open of this.root.querySelectorAll(".cl-custom[open]")) if (!open.contains(except)) open.open = false;
  }

  hideTip() {
    this.tip.hidden = true;
  }
}

function rememberFocus(root) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.dataset?.key;
  const typed = active instanceof HTMLInputElement && active.type === "search" ? [active.value, active.selectionStart, active.selectionEnd] : null;
  return {
    restore() {
      const next = key && [...root.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
      if (!next) return;
      next.focus({ preventScroll: true });
      if (!typed) return;
      const answered = next.value;
      next.value = typed[0];
      next.setSelectionRange(typed[1], typed[2]);
      if (answered !== typed[0].trim()) next.dispatchEvent(new Event("input")); // typed since the question was asked
    },
  };
}

// ---------------------------------------------------------------- 5 shared pieces

const link = (page, params, props, ...children) => h("a", { ...props, href: hrefOf(page, params) }, ...children);
const card = (title, props, ...children) => h("section", { ...props, class: `cl-card ${props?.class ?? ""}` }, title && h("h2", { class: "cl-card-title" }, title), ...children);
const statusBadge = (status, statuses) => h("span", { class: `cl-badge cl-s-${statusKind(status, statuses)}`, title: status }, h("span", {}, label(status, "UNKNOWN")));
const swatch = (kind) => h("span", { class: `cl-swatch cl-s-${kind}`, "aria-hidden": "true" });

/** Text of a value that ought to be text. */
function label(value, otherwise = DASH) {
  if (value === null || value === undefined || value === "") return otherwise;
  if (typeof value === "object") return clip(safeJson(value), 120);
  return String(value);
}

const clip = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function safeJson(value, indent) {
  try {
    return JSON.stringify(value, null, indent) ?? String(value);
  } catch {
    return String(value); // nested deeper than the engine's stack
  }
}

function messageView(title, text, action) {
  return h("section", { class: "cl-card cl-empty" }, h("h1", { tabindex: "-1" }, title), h("p", {}, text), action && h("p", {}, action));
}

function failureView(_session, { error }) {
  const missing = error.code === "not_found";
  return messageView(missing ? "Not found" : "This page could not be built", label(error.message, "Load it again."), missing && link("tickets", {}, {}, "All tickets"));
}

/** Says that the page goes on with what was known last, while the store does not answer. */
function asOfMark(payload) {
  if (payload?.is_current !== false || !validTime(payload.as_of_ms)) return null;
  const [day, minute] = localTime(payload.as_of_ms).split(" ");
  const when = day === localTime(payload.now_ms).split(" ")[0] ? minute : `${day} ${minute}`;
  const at = h("time", { datetime: new Date(payload.as_of_ms).toISOString() }, `As of ${when}`);
  return h("p", { class: "cl-as-of", role: "status" }, at, ": the log store does not answer just now. Newer logs are shown as soon as it does.");
}

function localNav(page) {
  const item = (name, text) => link(name, {}, { "aria-current": page === name ? "page" : null }, text);
  return h("nav", { class: "cl-nav cl-local-nav", "aria-label": "Pages" }, item("overview", "Overview"), item("tickets", "Tickets"));
}

function skeletonView() {
  const block = (kind) => h("div", { class: `cl-bone ${kind}` });
  return h("div", { class: "cl-skeleton", "aria-busy": "true" },
    h("p", { class: "cl-sr" }, "Loading"), block("cl-bone-title"),
    h("div", { class: "cl-kpis" }, [1, 2, 3, 4, 5].map(() => block("cl-bone-kpi"))), block("cl-bone-chart"));
}

/** What to do where no log has arrived yet. */
function firstSteps(viewer) {
  const code = [
    "pip install caselog", "",
    "export LOG_COLLECTOR_URL=https://your-collector.example.com",
    "export LOG_COLLECTOR_API_KEY=…",
    `export CLIENT_ID=${viewer?.client_id ?? "your-client-id"}`, "",
    "# at the end of your workflow, in Python",
    "from caselog import build_workflow_log, ship_log_async",
    "ship_log_async(build_workflow_log(state))",
  ].join("\n");
  return h("section", { class: "cl-card cl-empty" },
    h("h2", {}, "No tickets yet"),
    h("p", {}, "A ticket appears here seconds after a workflow has sent its first log. The SDK sends one in three lines; the provider issues the API key."),
    h("div", { class: "cl-code" }, h("pre", {}, code), copyButton(() => code)));
}

function copyButton(text, name = "Copy") {
  const button = h("button", { type: "button", class: "cl-button cl-small" }, name);
  button.addEventListener("click", async () => {
    const done = await copyText(text());
    button.textContent = done ? "Copied" : "Could not copy";
    setTimeout(() => (button.textContent = name), 1500);
  });
  return button;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "cl-sr" }); // no clipboard API over plain http
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function downloadButton(text, name) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return h("button", { type: "button", class: "cl-button cl-small", on: { click: save } }, "Download");
}

function choice(name, value, options, onChoose) {
  const select = h("select", { class: "cl-select", "aria-label": name, "data-key": name },
    options.map(([key, text]) => option(key, text, key === value)));
  select.addEventListener("change", () => onChoose(select.value));
  return select;
}

function option(key, text, selected) {
  const choosable = h("option", { value: key, selected });
  choosable.textContent = shownText(clip(text, 40));
  return choosable;
}

function clientChoice(session, page, { clients, params }) {
  if (!clients?.length) return null;
  const known = clients.includes(params.client) || !params.client ? clients : [params.client, ...clients];
  return choice("Client", params.client, [["", "All clients"], ...known.map((id) => [id, id])],
    (client) => session.ask(page, { ...params, client, page: "" }));
}

const RANGES = [["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"], ["all", "All"]];

/** 7, 30, 90 days, everything, or days of one's own. */
function rangePicker(session, page, params) {
  const base = { ...params, from: "", to: "", page: "" };
  const custom = params.from || params.to;
  const from = h("input", { type: "date", class: "cl-input", value: params.from || null, name: "from" });
  const to = h("input", { type: "date", class: "cl-input", value: params.to || null, name: "to" });
  const apply = (event) => {
    event.preventDefault();
    if (from.value || to.value) session.ask(page, { ...base, range: "", from: from.value, to: to.value });
  };
  const form = h("form", { class: "cl-popover", on: { submit: apply } },
    h("label", {}, "From", from), h("label", {}, "To", to),
    h("button", { class: "cl-button cl-primary" }, "Show"), h("small", { class: "cl-muted" }, "Days in UTC"));
  return h("div", { class: "cl-ranges", role: "group", "aria-label": "Time range" },
    RANGES.map(([range, text]) => link(page, { ...base, range }, { "aria-current": params.range === range ? "true" : null, "data-key": `range-${range}` }, text)),
    h("details", { class: "cl-custom" }, h("summary", { "aria-current": custom ? "true" : null, "data-key": "range-custom" },
      custom ? `${params.from || "…"} to ${params.to || "…"}` : "Custom"), form));
}

const rangeWords = ({ range, from, to }) => ({ "7d": "7 days", "30d": "30 days", "90d": "90 days", all: "all time" })[range] ?? `${from || "the first"} to ${to}`;

// ---------------------------------------------------------------- 6 overview

function overviewView(session, payload) {
  const { data, params, viewer, clients } = payload;
  const head = h("header", { class: "cl-page-head" },
    h("h1", { tabindex: "-1" }, "Overview"),
    h("span", { class: "cl-muted" }, params.client || viewer.client_id || (clients.length > 1 ? `all ${count(clients.length)} clients` : clients[0] ?? "")),
    h("div", { class: "cl-controls" }, clientChoice(session, "overview", payload), rangePicker(session, "overview", params)));
  if (!data.has_any) return [head, firstSteps(viewer)];
  if (!data.current.tickets)
    return [head, messageViewSmall("No tickets in this time", `Nothing ran within ${rangeWords(params)}.`, link("overview", { client: params.client, range: "all" }, { class: "cl-button" }, "Show all time"))];
  const ranges = { range: params.range, from: params.from, to: params.to, client: params.client };
  return [head, kpiRow(session, data, params),
    h("div", { class: "cl-grid cl-grid-chart" }, chartCard(session, data, ranges), outcomeCard(data, ranges)),
    h("div", { class: "cl-grid" },
      groupCard("By category", data.categories, (name) => ({ ...ranges, category: name })),
      data.by_client && groupCard("By client", data.by_client, (name) => ({ ...ranges, client: name }), true),
      modelsCard(data))];
}

const messageViewSmall = (title, text, action) => h("section", { class: "cl-card cl-empty" }, h("h2", {}, title), h("p", {}, text), action && h("p", {}, action));

/** The share of logs that arrived: never 100 % where one was lost, never 0 % where one arrived. */
const complete = (arrived, lost) => !lost ? "100 %" : `${Math.min(99.9, Math.max(0.1, Math.floor((arrived / (arrived + lost)) * 1000) / 10)).toFixed(1)} %`;
const LOSSES = { queue_full: "queue full", too_big: "too big", not_serialisable: "not serialisable", refused: "refused", network: "network", expired: "expired" };
/** How many logs are missing; why, and what nobody can know yet, on demand. */
function lossesDetail(session, { current, lost_by_reason }) {
  const words = current.lost ? `${plural(current.lost, "log")} reported lost` : "no losses reported";
  const why = h("button", { type: "button", class: "cl-why", "data-key": "losses" }, words);
  return session.explain(why, () => [
    h("strong", {}, `${complete(current.tickets, current.lost)} complete: ${words}`),
    ...lost_by_reason.map(({ reason, logs }) => h("div", { class: "cl-tip-row" }, LOSSES[reason] ?? "other", h("b", {}, count(logs)))),
    h("p", { class: "cl-tip-note" }, "Logs stored, as a share of those and of the logs that the senders' SDKs have reported lost. A loss that no later log has reported yet is not counted.")]);
}

function kpiRow(session, data, params) {
  const { current, previous } = data;
  const before = previous?.tickets ? previous : null;
  const words = { "7d": "vs previous 7 days", "30d": "vs previous 30 days", "90d": "vs previous 90 days" }[params.range] ?? "vs the time before";
  const compare = (now, then, good, points = false) => {
    if (!before || num(now) === null || num(then) === null) return null;
    const change = points ? (now - then) * 100 : then === 0 ? null : ((now - then) / then) * 100;
    if (change === null) return h("p", { class: "cl-delta" }, `none ${words.replace("vs ", "in the ")}`);
    const size = Math.abs(change);
    if (size < 0.05) return h("p", { class: "cl-delta" }, `unchanged ${words}`);
    const text = `${change > 0 ? "▲" : "▼"} ${size >= 1000 ? count(size) : size.toFixed(1)} ${points ? "points" : "%"}`;
    const tone = good === 0 ? "" : Math.sign(change) === good ? "cl-good" : "cl-bad";
    return h("p", { class: "cl-delta" }, h("span", { class: tone }, text), ` ${words}`);
  };
  const kpi = (name, value, detail, delta) =>
    h("div", { class: "cl-card cl-kpi" }, h("h2", {}, name), h("p", { class: "cl-value" }, value), detail && h("p", { class: "cl-detail" }, detail), delta);
  const tokens = (num(current.input_tokens) ?? 0) + (num(current.output_tokens) ?? 0);
  const tokensBefore = (num(previous?.input_tokens) ?? 0) + (num(previous?.output_tokens) ?? 0);
  return h("div", { class: "cl-kpis" },
    kpi("Tickets", count(current.tickets), `${count(current.successes)} resolved`, compare(current.tickets, before?.tickets, 0)),
    kpi("Success rate", percent(current.success_rate), `${count(current.tickets - current.successes)} not resolved`, compare(current.success_rate, before?.success_rate, 1, true)),
    kpi("Average execution time", seconds(current.avg_seconds), `median ${seconds(current.median_seconds)} · p95 ${seconds(current.p95_seconds)}`, compare(current.avg_seconds, before?.avg_seconds, -1)),
    kpi("Errors", count(current.errors), `in ${plural(current.tickets_with_errors, "ticket")}`, compare(current.errors, before?.errors, -1)),
    kpi("Completeness", complete(current.tickets, current.lost), lossesDetail(session, data), compare(current.completeness, before?.completeness, 1, true)),
    current.cost_usd !== null
      ? kpi("Cost", money(current.cost_usd), `${money(current.cost_usd / (current.tickets_with_cost || 1))} a ticket`, compare(current.cost_usd, before?.cost_usd, -1))
      : tokens > 0 && kpi("Tokens", short(tokens), `${short(tokens / (current.tickets_with_tokens || 1))} a ticket`, compare(tokens, tokensBefore, -1)));
}

const UNITS = { day: "day", week: "week", month: "month", year: "year" };

function columnName(ms, unit, long = false) {
  const shape = { day: { month: "short", day: "numeric" }, week: { month: "short", day: "numeric" }, month: { month: "short", year: "2-digit" }, year: { year: "numeric" } }[unit];
  const extra = long ? { year: "numeric", ...(unit === "day" ? { weekday: "short" } : {}) } : {};
  const text = new Intl.DateTimeFormat("en-US", { ...shape, ...extra, timeZone: "UTC" }).format(new Date(ms));
  return long && unit === "week" ? `Week of ${text}` : text;
}

/** First and last day (UTC) of a column, as the list's filter wants them. */
function columnDays(ms, unit) {
  const start = new Date(ms);
  const end = { day: ms + DAY_MS, week: ms + 7 * DAY_MS, month: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1), year: Date.UTC(start.getUTCFullYear() + 1, 0, 1) }[unit];
  return { range: "", from: utcDay(ms), to: utcDay(end - 1) };
}

function chartCard(session, data, ranges) {
  const place = h("div", { class: "cl-chart" });
  const draw = () => place.clientWidth && place.replaceChildren(barChart(session, data, ranges, place.clientWidth, place.clientHeight));
  const observer = new ResizeObserver(draw);
  observer.observe(place);
  session.undo.push(() => observer.disconnect());
  return card(`Tickets per ${UNITS[data.unit] ?? "day"}`, { class: "cl-chart-card" },
    h("p", { class: "cl-legend" }, data.statuses.map((status) => h("span", {}, swatch(statusKind(status, data.statuses)), status)), h("span", { class: "cl-muted" }, "in UTC")),
    place);
}

/** Stacked columns. Each is a link to its tickets; arrow keys walk along them. */
function barChart(session, { columns, statuses, unit }, ranges, width, height) {
  const left = 44, bottom = 24, top = 8;
  const totals = columns.map((column) => column.counts.reduce((a, b) => a + b, 0));
  const step = niceStep(Math.max(...totals, 1) / 4);
  const ceiling = Math.max(step, Math.ceil(Math.max(...totals) / step) * step);
  const y = (value) => top + (height - top - bottom) * (1 - value / ceiling);
  const slot = (width - left) / columns.length;
  const bar = Math.max(1, Math.min(34, slot * 0.74));
  const chart = svg("svg", { class: "cl-bars", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Tickets per ${unit} by status` });
  for (let tick = 0; tick <= ceiling + step / 2; tick += step)
    chart.append(svg("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "cl-gridline" }), svg("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, short(tick)));
  const every = Math.max(1, Math.ceil((unit === "year" ? 48 : 58) / slot));
  const links = columns.map((column, i) => {
    const x = left + slot * i + (slot - bar) / 2;
    const name = `${columnName(column.start_ms, unit, true)}: ${plural(totals[i], "ticket")}`;
    const parts = statuses.map((status, k) => [status, column.counts[k]]).filter(([, n]) => n > 0);
    const group = svg("a", { href: hrefOf("tickets", { client: ranges.client, ...columnDays(column.start_ms, unit) }), tabindex: i === columns.length - 1 ? "0" : "-1", "aria-label": [name, ...parts.map(([status, n]) => `${n} ${status}`)].join(", ") });
    group.append(svg("rect", { x: left + slot * i, y: top, width: slot, height: height - top - bottom, class: "cl-hit" }));
    let base = 0;
    for (const [status, n] of parts) {
      group.append(svg("rect", { x, width: bar, y: y(base + n) + 0.5, height: Math.max(0.5, y(base) - y(base + n) - 1), rx: Math.min(3, bar / 4), class: `cl-bar cl-s-${statusKind(status, statuses)}` }));
      base += n;
    }
    if ((columns.length - 1 - i) % every === 0) chart.append(svg("text", { x: Math.min(x + bar / 2, width - 18), y: height - 6, "text-anchor": "middle" }, columnName(column.start_ms, unit)));
    return session.explain(group, () => [h("strong", {}, name), ...parts.map(([status, n]) => h("div", { class: "cl-tip-row" }, swatch(statusKind(status, statuses)), status, h("b", {}, count(n))))]);
  });
  chart.append(...links);
  chart.addEventListener("keydown", (event) => {
    const from = links.indexOf(document.activeElement);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: links.length - 1 }[event.key];
    if (from < 0 || to === undefined || !links[to]) return;
    event.preventDefault();
    links[from].setAttribute("tabindex", "-1");
    links[to].setAttribute("tabindex", "0");
    links[to].focus();
  });
  return chart;
}

/** 1, 2 or 5 times a power of ten, at least 1. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return Math.max(1, [1, 2, 5, 10].find((n) => n * power >= rough) * power);
}

function outcomeCard({ statuses, outcomes, current }, ranges) {
  const radius = 58, around = 2 * Math.PI * radius, total = Math.max(1, current.tickets);
  let turned = 0;
  const arcs = statuses.map((status, i) => {
    const share = outcomes[i] / total;
    const gap = outcomes[i] === total ? 0 : Math.min(2, share * around * 0.5);
    const arc = svg("circle", { cx: 80, cy: 80, r: radius, class: `cl-arc cl-s-${statusKind(status, statuses)}`, "stroke-dasharray": `${Math.max(0, share * around - gap)} ${around}`, "stroke-dashoffset": -turned * around });
    turned += share;
    return arc;
  });
  const row = (status, i) => {
    const inside = [swatch(statusKind(status, statuses)), h("span", { class: "cl-grow" }, status), h("b", {}, count(outcomes[i])), h("span", { class: "cl-share" }, percent(outcomes[i] / total))];
    return h("li", {}, status === REST ? h("span", {}, inside) : link("tickets", { ...ranges, status: statusParam([status]) }, {}, inside));
  };
  return card("Outcome", { class: "cl-outcome" },
    svg("svg", { class: "cl-donut", viewBox: "0 0 160 160", role: "img", "aria-label": `${percent(current.success_rate)} of tickets succeeded` },
      svg("circle", { cx: 80, cy: 80, r: radius, class: "cl-arc cl-track" }), arcs,
      svg("text", { x: 80, y: 84, class: "cl-donut-value" }, percent(current.success_rate)), svg("text", { x: 80, y: 102, class: "cl-donut-name" }, "success")),
    h("ul", { class: "cl-outcomes" }, statuses.map(row)));
}

function groupCard(title, { rows, more }, filters, withLosses = false) {
  const most = Math.max(1, ...rows.map((row) => row.tickets));
  const part = (n, kind) => n > 0 && h("span", { class: `cl-s-${kind}`, style: { width: `${(n / most) * 100}%` } });
  const wide = withLosses ? "cl-with-losses" : "";
  return card(title, {},
    h("p", { class: `cl-groups-head ${wide}`, "aria-hidden": "true" }, ["Tickets", "Success", withLosses && "Complete"].map((name) => name && h("span", {}, name))),
    h("ul", { class: "cl-groups" }, rows.map((row) => h("li", {}, link("tickets", filters(row.name), { class: wide, title: `${row.name}: ${plural(row.tickets, "ticket")}, ${percent(row.successes / row.tickets)} success${withLosses ? `, ${plural(row.lost, "log")} reported lost` : ""}` },
      h("span", { class: "cl-group-name" }, row.name),
      h("span", { class: "cl-group-bar", "aria-hidden": "true" }, part(row.successes, "success"), part(row.tickets - row.successes - row.failures, "rest"), part(row.failures, "failed")),
      h("span", { class: "cl-group-count" }, count(row.tickets)), h("span", { class: "cl-share" }, percent(row.successes / row.tickets, 0)),
      withLosses && h("span", { class: `cl-complete ${row.lost / (row.tickets + row.lost) > 0.005 ? "cl-bad" : ""}` }, complete(row.tickets, row.lost)))))),
    h("p", { class: "cl-foot" }, more > 0 ? `and ${count(more)} more · ` : "", "bar: resolved, other, failed", withLosses && " · complete: as far as the SDKs have reported losses"));
}

function modelsCard({ current }) {
  if (current.input_tokens === null && current.output_tokens === null && current.cost_usd === null) return null;
  const fact = (name, value, title) => h("div", {}, h("dt", {}, name), h("dd", { title }, value));
  const each = (value, tickets) => (num(value) === null ? null : value / (tickets || 1)); // of those that told
  return card("Models", {}, h("dl", { class: "cl-facts-list" },
    fact("Input tokens", short(current.input_tokens), count(current.input_tokens)), fact("Output tokens", short(current.output_tokens), count(current.output_tokens)),
    fact("Input tokens a ticket", short(each(current.input_tokens, current.tickets_with_tokens))), fact("Output tokens a ticket", short(each(current.output_tokens, current.tickets_with_tokens))),
    fact("Cost", money(current.cost_usd)), fact("Cost a ticket", money(each(current.cost_usd, current.tickets_with_cost)))));
}

// ---------------------------------------------------------------- 7 tickets

const SEARCH_PAUSE_MS = 200;

/** Columns: key, heading, cell, class. The client's own column is for whoever sees many. */
function ticketColumns(many, statuses) {
  const plain = (text, otherwise = DASH) => (text === null || text === undefined || text === "" ? h("span", { class: "cl-muted" }, otherwise) : String(text));
  return [
    ["ticket_id", "Ticket", (row) => link("ticket", row, { class: "cl-ticket-id" }, label(row.ticket_id)), "cl-wide"],
    many && ["client_id", "Client", (row) => plain(row.client_id), "cl-client"],
    ["category", "Category", (row) => plain(row.category), "cl-name"],
    ["status", "Status", (row) => statusBadge(row.status, statuses), "cl-status"],
    ["overall_confidence", "Confidence", (row) => confidenceView(row.overall_confidence), "cl-num"],
    ["execution_time_seconds", "Time", (row) => seconds(row.execution_time_seconds), "cl-num"],
    ["react_iterations", "Iter.", (row) => count(row.react_iterations), "cl-num"],
    ["tool_call_count", "Tools", (row) => count(row.tool_call_count), "cl-num"],
    ["error_count", "Errors", (row) => h("span", { class: row.error_count > 0 ? "cl-bad cl-strong" : "cl-muted" }, count(row.error_count)), "cl-num"],
    ["executed_at", "Executed at", (row) => timeView(row.executed_at_ms), "cl-num cl-time"],
  ].filter(Boolean);
}

const COLUMN_TITLES = { react_iterations: "ReACT iterations", tool_call_count: "Tool calls", execution_time_seconds: "Execution time" };

function confidenceView(value) {
  const share = num(value);
  if (share === null) return h("span", { class: "cl-muted" }, DASH);
  return h("span", { class: "cl-confidence" }, h("span", { class: "cl-meter", "aria-hidden": "true" }, h("span", { style: { width: `${Math.max(0, Math.min(1, share)) * 100}%` } })), percent(share, 0));
}

function ticketsView(session, payload) {
  const { data, params, viewer } = payload;
  const statuses = data.statuses.map((each) => each.name);
  const head = h("header", { class: "cl-page-head" },
    h("h1", { tabindex: "-1" }, "Tickets"), h("span", { class: "cl-muted", role: "status" }, `${count(data.found)} found`),
    h("div", { class: "cl-controls" }, searchBox(session, params), categoryChoice(session, data, params), clientChoice(session, "tickets", payload), rangePicker(session, "tickets", params), sortChoice(session, params, viewer)));
  if (!data.has_any) return [head, firstSteps(viewer)];
  const chips = h("div", { class: "cl-chips", role: "group", "aria-label": "Status" }, data.statuses.map((each) => chip(each, params, statuses)), clearLink(params));
  if (!data.found)
    return [head, chips, messageViewSmall("Nothing matches these filters", "Look for another ticket_id, or take filters away.", link("tickets", {}, { class: "cl-button" }, "Clear all filters"))];
  return [head, chips, ticketTable(session, data, params, viewer, statuses), pager(data, params)];
}

/** The order as a choice, where the screen is too narrow for headings. */
function sortChoice(session, params, viewer) {
  const options = ticketColumns(viewer.sees_many, []).flatMap(([key, name]) => {
    const first = firstDirection(key);
    return [first, first === "asc" ? "desc" : "asc"].map((dir) => [`${key} ${dir}`, `${name} ${dir === "asc" ? "↑" : "↓"}`]);
  });
  const sort = (chosen) => session.ask("tickets", { ...params, sort: chosen.split(" ")[0], dir: chosen.split(" ")[1], page: "" });
  const select = choice("Order", `${params.sort} ${params.dir}`, options, sort);
  select.classList.add("cl-narrow");
  return select;
}

function searchBox(session, params) {
  let pause;
  const search = (value, history) => {
    clearTimeout(pause);
    if (value !== (session.payload?.params?.q ?? "")) session.ask("tickets", { ...session.payload.params, q: value, page: "" }, history);
  };
  const box = h("input", { type: "search", class: "cl-input cl-search", placeholder: "Search ticket_id", "aria-label": "Search ticket_id", value: params.q || null, "data-key": "q", maxlength: "200", autocomplete: "off", spellcheck: "false" });
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => box.isConnected && search(box.value.trim(), session.payload?.params?.q ? "replace" : "push"), SEARCH_PAUSE_MS);
  });
  return h("form", { role: "search", on: { submit: (event) => (event.preventDefault(), search(box.value.trim(), "push")) } }, box);
}

function categoryChoice(session, data, params) {
  const options = data.categories.map(({ name, count: n }) => [name, `${name} (${count(n)})`]);
  if (params.category && !options.some(([name]) => name === params.category)) options.unshift([params.category, params.category]);
  return choice("Category", params.category, [["", "All categories"], ...options], (category) => session.ask("tickets", { ...params, category, page: "" }));
}

function chip({ name, count: n }, params, statuses) {
  const chosen = statusList(params.status);
  const on = chosen.includes(name);
  const next = on ? chosen.filter((each) => each !== name) : [...chosen, name];
  return link("tickets", { ...params, status: statusParam(next), page: "" }, { class: "cl-chip", "aria-pressed": String(on), role: "button", "data-key": `status-${name}` },
    swatch(statusKind(name, statuses)), name, h("b", {}, count(n)));
}

function clearLink(params) {
  const active = params.q || params.status || params.category || params.client || params.range !== "all";
  return active ? link("tickets", { sort: params.sort, dir: params.dir }, { class: "cl-clear", "data-key": "clear" }, "Clear filters") : null;
}

function ticketTable(session, data, params, viewer, statuses) {
  const columns = ticketColumns(viewer.sees_many, statuses);
  const zoned = (key, name) => (key === "executed_at" ? `${name} (${zone(data.rows[0]?.executed_at_ms)})` : name);
  const heading = ([key, name, , kind]) => {
    const sorted = params.sort === key;
    const dir = sorted ? (params.dir === "asc" ? "desc" : "asc") : firstDirection(key);
    return h("th", { scope: "col", class: kind, "aria-sort": sorted ? (params.dir === "asc" ? "ascending" : "descending") : null },
      link("tickets", { ...params, sort: key, dir, page: "" }, { title: COLUMN_TITLES[key], "data-key": `sort-${key}` }, zoned(key, name), h("span", { class: "cl-arrow", "aria-hidden": "true" }, sorted ? (params.dir === "asc" ? "↑" : "↓") : "")));
  };
  const line = (row) => h("tr", { on: { click: (event) => openRow(session, event, row) } }, columns.map(([key, name, cell, kind]) => h("td", { class: kind, "data-label": zoned(key, name) }, cell(row))));
  return h("div", { class: "cl-card cl-table-box" }, h("table", { class: "cl-table" }, h("thead", {}, h("tr", {}, columns.map(heading))), h("tbody", {}, data.rows.map(line))));
}

/** A click anywhere on a row opens it, unless it meant something else: a link, or selecting text. */
function openRow(session, event, row) {
  if (event.target.closest("a") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(hrefOf("ticket", row), "_blank", "noopener");
  else session.ask("ticket", { client_id: row.client_id, log_id: row.log_id });
}

function pager({ page, pages, page_size: size, found }, params) {
  if (pages <= 1) return null;
  const go = (to, text, rel) => (to >= 1 && to <= pages && to !== page
    ? link("tickets", { ...params, page: String(to) }, { class: "cl-button", rel, "data-key": `page-${text}` }, text)
    : h("span", { class: "cl-button", "aria-disabled": "true" }, text));
  return h("nav", { class: "cl-pager", "aria-label": "Pages of tickets" }, go(1, "First"), go(page - 1, "Previous", "prev"),
    h("span", {}, `${count((page - 1) * size + 1)}–${count(Math.min(page * size, found))} of ${count(found)}`), go(page + 1, "Next", "next"), go(pages, "Last"));
}

// ---------------------------------------------------------------- 8 reading a trace

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isBlank = (value) => value === null || value === undefined || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

const BROKEN = Symbol("not JSON");

/** The value a JSON text holds; `otherwise` where it is not JSON. */
function parsed(text, otherwise) {
  if (typeof text !== "string") return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Epoch ms of RFC 3339 text, epoch seconds or epoch ms; null where it is none of them. */
function time(value) {
  if (typeof value === "string" && /\d{4}-\d\d/.test(value)) return num(Date.parse(value));
  if (typeof value !== "number") return null;
  return value > 1e11 ? value : value > 1e8 ? value * 1000 : null;
}

const span = (raw) => {
  const ms = num(raw.duration_ms);
  return { start: time(raw.started_at), duration: ms !== null && ms >= 0 && ms < 366 * DAY_MS ? ms : null };
};
const failed = (raw) => /^(error|failed|failure|exception)$/i.test(String(raw.status ?? "")) || (!isBlank(raw.error) && raw.error !== false);
const rest = (raw, known) => Object.fromEntries(Object.entries(raw).filter(([key, value]) => !known.includes(key) && !isBlank(value)));

/** A list of objects, whatever was sent: a list, an object of named objects, one object; null where it is none of them. */
function parts(value) {
  if (Array.isArray(value)) return value.map((each) => (isObject(each) ? each : { value: each }));
  if (!isObject(value)) return null;
  const entries = Object.entries(value);
  const named = entries.length > 0 && entries.every(([, each]) => isObject(each));
  return named ? entries.map(([name, each]) => ({ name, ...each })) : [value];
}

const NODE_FIELDS = ["name", "parent", "started_at", "duration_ms", "status", "input", "output", "error", "attributes", "value"];
const ITERATION_FIELDS = ["iteration", "node", "started_at", "duration_ms", "input", "thought", "action", "observation", "tool_calls", "model", "input_tokens", "output_tokens", "cost_usd", "value"];
const CALL_FIELDS = ["id", "name", "arguments", "result", "started_at", "duration_ms", "status", "error", "value"];
const PARTS = ["nodes", "react_iterations", "tool_calls", "errors", "messages", "final_response"];

const readCall = (raw) => ({ ...span(raw), raw, kind: "tool call", name: label(raw.name, "tool"), failed: failed(raw), rest: rest(raw, CALL_FIELDS), children: [] });

function readIteration(raw, index) {
  const calls = (parts(raw.tool_calls) ?? []).map(readCall);
  const odd = parts(raw.tool_calls) === null && !isBlank(raw.tool_calls) ? { tool_calls: raw.tool_calls } : {};
  const broken = failed(raw) || calls.some((call) => call.failed);
  return { ...span(raw), raw, kind: "iteration", name: `Iteration ${clip(label(raw.iteration, String(index + 1)), 60)}`, node: isBlank(raw.node) ? null : label(raw.node), failed: broken, rest: { ...rest(raw, ITERATION_FIELDS), ...odd }, children: calls };
}

const readNode = (raw, index) => ({ ...span(raw), raw, kind: "node", name: label(raw.name, `node ${index + 1}`), failed: failed(raw), rest: rest(raw, NODE_FIELDS), children: [] });

/**
 * A trace of any shape as what the page draws: `groups` (nodes with their iterations, iterations without a node, tool
 * calls outside iterations), `errors`, `messages`, `final`, and `unknown`, the parts no section of the page is for.
 */
function readTrace(trace) {
  const source = isObject(trace) ? trace : { trace };
  const unknown = Object.entries(source).filter(([key, value]) => !isBlank(value) && (!PARTS.includes(key) || (key !== "final_response" && parts(value) === null)));
  const nodes = (parts(source.nodes) ?? []).map(readNode);
  const iterations = (parts(source.react_iterations) ?? []).map(readIteration);
  const calls = (parts(source.tool_calls) ?? []).map(readCall);
  const groups = [...nodes, ...assign(nodes, iterations)];
  if (calls.length) groups.push({ kind: "group", name: nodes.length || iterations.length ? "Other tool calls" : "Tool calls", raw: {}, rest: {}, start: null, duration: null, failed: calls.some((call) => call.failed), children: calls });
  return { groups, iterations, errors: parts(source.errors) ?? [], messages: parts(source.messages) ?? [], final: source.final_response, unknown };
}

/** Puts each iteration under its node; those whose node is missing come back as groups of their own. */
function assign(nodes, iterations) {
  const orphans = new Map();
  const byName = new Map();
  for (const node of nodes) byName.set(node.name, [...(byName.get(node.name) ?? []), node]);
  for (const iteration of iterations) {
    const runs = byName.get(iteration.node) ?? [];
    // A node that ran several times: the last run that had begun by then.
    const begun = runs.filter((run) => run.start !== null && iteration.start !== null && run.start <= iteration.start);
    const home = begun.at(-1) ?? runs[0];
    if (home) home.children.push(iteration);
    else orphans.set(iteration.node, [...(orphans.get(iteration.node) ?? []), iteration]);
  }
  return [...orphans].map(([node, children]) => ({
    kind: "group", raw: {}, rest: {}, start: null, duration: null, children, failed: children.some((each) => each.failed),
    name: node ?? (nodes.length ? "Iterations without a node" : "Iterations"), note: node !== null && nodes.length ? "no such node in the trace" : null,
  }));
}

// ---------------------------------------------------------------- 9 laying out a timeline

const FAR_OFF_MS = 7 * DAY_MS;

/**
 * Gives every part `from` and `to`, ms since the run began. What has no time of its own comes after what was before
 * it. Returns `{total, note, timed}`; `note` says in words what was guessed, `timed` whether the axis is in time at all.
 */
function layOut(groups) {
  const all = groups.flatMap((group) => [group, ...group.children, ...group.children.flatMap((child) => child.children)]);
  const recorded = all.filter((part) => part.kind !== "group");
  const starts = recorded.map((part) => part.start).filter((start) => start !== null).sort((a, b) => a - b);
  const middle = starts[Math.floor(starts.length / 2)];
  const usable = (start) => start !== null && Math.abs(start - middle) < FAR_OFF_MS; // one wrong clock must not flatten the rest
  const zero = starts.find(usable) ?? 0;
  const durations = recorded.filter((part) => part.duration !== null).length;
  const timed = starts.length > 0 || durations > 0;

  const place = (part, cursor, unit) => {
    part.from = usable(part.start) ? part.start - zero : cursor;
    const own = part.duration;
    const bare = part.children.filter((child) => child.duration === null).length;
    const taken = part.children.reduce((sum, child) => sum + (child.duration ?? 0), 0);
    const inner = own !== null ? (bare ? Math.max(0, own - taken) / bare : 0) : part.children.length ? unit / part.children.length : unit;
    let next = part.from;
    for (const child of part.children) next = place(child, next, timed ? inner : unit / part.children.length);
    const end = Math.max(part.from, ...part.children.map((child) => child.to));
    part.to = own !== null ? part.from + own : part.children.length ? end : part.from + unit;
    if (part.kind === "group" && part.children.length) part.from = Math.min(...part.children.map((child) => child.from));
    return Math.max(part.to, part.from);
  };
  let cursor = 0;
  for (const group of groups) cursor = place(group, cursor, timed ? 0 : Math.max(1, group.children.length));
  const total = Math.max(1e-9, ...all.map((part) => part.to));
  const without = recorded.filter((part) => !usable(part.start)).length;
  return { total, timed, note: layoutNote(timed, starts.length, without, recorded.length) };
}

function layoutNote(timed, started, without, recorded) {
  if (!timed) return "This log carries no times: steps are drawn in their order, not by how long they took.";
  if (!started) return "This log carries no start times: steps are drawn one after another, as long as they took.";
  if (without) return `${plural(without, "step")} of ${count(recorded)} without a usable start time: drawn in order, after what came before.`;
  return null;
}

// ---------------------------------------------------------------- 10 ticket

const MANY_ROWS = 24;
const FEW_STEPS = 5;
const PORTION = 200;

function ticketView(session, payload) {
  const { data, viewer } = payload;
  const trace = parsed(data.trace, BROKEN);
  const readable = trace !== BROKEN && trace !== null;
  const run = readable ? readTrace(trace) : null;
  const layout = run?.groups.length ? layOut(run.groups) : null;
  const steps = run?.groups.length ? stepsCard(run) : null;
  const main = [
    traceState(data, run, session.routed),
    layout && timelineCard(session, run, layout, steps?.reveal),
    h("div", { class: "cl-grid cl-grid-ticket" },
      h("div", { class: "cl-stack" }, steps?.card, run?.messages.length ? messagesCard(run.messages) : null, run?.unknown.length ? unknownCard(run.unknown) : null, rawCard(data)),
      h("div", { class: "cl-stack cl-side" }, run ? finalCard(run.final) : null, run ? errorsCard(run, steps?.reveal) : null, metricsCard(data.log), sameTicketCard(data), extraCard(data.log))),
  ];
  return [ticketHead(data.log, viewer), main];
}

function ticketHead(log, viewer) {
  const fact = (name, value) => value !== null && h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const known = parsed(log.metrics, {}) ?? {};
  const tokens = num(known.input_tokens) === null && num(known.output_tokens) === null ? null : `${short(known.input_tokens)} in · ${short(known.output_tokens)} out`;
  return h("header", { class: "cl-ticket-head" },
    h("p", {}, link("tickets", {}, { class: "cl-back", "data-key": "back" }, "← Tickets")),
    h("div", { class: "cl-ticket-title" }, h("h1", { tabindex: "-1" }, label(log.ticket_id)), statusBadge(log.status), log.category && h("span", { class: "cl-muted" }, log.category)),
    h("dl", { class: "cl-facts" },
      viewer.sees_many && fact("Client", log.client_id),
      fact(`Executed at (${zone(log.executed_at_ms)})`, timeView(log.executed_at_ms, true)),
      fact("Execution time", seconds(log.execution_time_seconds)),
      fact("Confidence", percent(log.overall_confidence, 1)),
      num(log.hallucination_risk) !== null && fact("Hallucination risk", percent(log.hallucination_risk, 1)),
      fact("Iterations", count(log.react_iterations)), fact("Tool calls", count(log.tool_call_count)),
      fact("Errors", h("span", { class: log.error_count > 0 ? "cl-bad" : null }, count(log.error_count))),
      tokens && fact("Tokens", tokens), num(known.cost_usd) !== null && fact("Cost", money(known.cost_usd)),
      (log.workflow_version || log.environment) && fact("Workflow", dotted([log.workflow_version, log.environment]))));
}

/** Says in words why there is nothing, or not everything, to debug. */
function traceState(data, run, routed) {
  if (data.trace_state === "none")
    return card("No trace", {}, h("p", {}, "No trace is stored with this log, only its figures. It was sent without one, or its client is set to METRICS_ONLY."));
  if (data.trace_state === "retired")
    return card("Trace no longer kept", {}, h("p", {}, "The trace of this log is past the time for which traces are kept, or was lost. Its figures stay as long as the log."));
  if (data.trace_state === "too_big")
    return tooBigCard(data, routed);
  if (!run && data.trace !== "null")
    return card("The trace is not JSON", {}, h("p", {}, "It is shown below as it was received."), textView(data.trace));
  if (data.trace === "null") return card("No trace", {}, h("p", {}, "The log was sent without a trace."));
  if (!run.groups.length && !run.messages.length && !run.unknown.length)
    return card("No steps", {}, h("p", { class: "cl-muted" }, "The trace holds no nodes, no iterations and no tool calls."));
  return null;
}

function tooBigCard({ log, trace_size: size, trace_limit: limit }, routed) {
  const href = ["/trace", log.client_id, log.month, log.log_id].map((part, i) => (i ? encodeURIComponent(part) : part)).join("/");
  const way = routed
    ? h("a", { class: "cl-button", href, download: `${fileName(log)}-trace.json` }, `Download the trace (${bytes(size)})`)
    : "Read it in a notebook, by client_id, month and log_id.";
  return card("The trace is too big for a page", {}, h("p", {}, `It takes ${bytes(size)}; a page shows up to ${bytes(limit)}.`), h("p", {}, way));
}

// ---- timeline

function timelineCard(session, run, layout, reveal) {
  const rows = run.groups.length + run.groups.reduce((sum, group) => sum + group.children.length, 0);
  const body = h("div", { class: "cl-gantt" }, axis(layout), run.groups.map((group) => ganttGroup(session, group, layout, reveal, rows <= MANY_ROWS)));
  const swatches = [["node", "node"], ["iteration", "iteration"], ["call", "tool call"], ["failed", "failed"]];
  return card("Timeline", {},
    h("p", { class: "cl-legend" }, swatches.map(([kind, name]) => h("span", {}, h("span", { class: `cl-swatch cl-g-${kind}`, "aria-hidden": "true" }), name))),
    layout.note && h("p", { class: "cl-hint" }, layout.note), body);
}

function axis({ total, timed }) {
  const step = timed ? axisStep(total) : Math.max(1, Math.ceil(total / 6));
  const ticks = [];
  for (let at = 0; at <= total * 1.0001 && ticks.length < 12; at += step) ticks.push(at);
  const mark = (at) => h("span", { style: { left: `${(at / total) * 100}%` }, class: at / total > 0.97 ? "cl-last" : null }, timed ? duration(at) : at < total ? `step ${at + 1}` : "");
  return h("div", { class: "cl-g-row cl-axis", "aria-hidden": "true" }, h("span"), h("div", { class: "cl-g-track" }, ticks.map(mark)), h("span"));
}

/** Steps people count time in. */
function axisStep(total) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, DAY_MS];
  return steps.find((step) => total / step <= 6) ?? Math.ceil(total / 6 / DAY_MS) * DAY_MS;
}

function ganttGroup(session, group, layout, reveal, open) {
  const children = h("div", { class: "cl-g-children", hidden: !open });
  let drawn = false;
  const fillIn = () => {
    if (drawn || children.hidden) return;
    drawn = true;
    appendInPortions(children, group.children, (child) => ganttRow(session, child, layout, reveal), PORTION);
  };
  const toggle = h("button", { type: "button", class: "cl-toggle", "aria-expanded": String(open), "aria-label": `Show what is inside ${group.name}` });
  toggle.addEventListener("click", () => {
    children.hidden = !children.hidden;
    toggle.setAttribute("aria-expanded", String(!children.hidden));
    fillIn();
  });
  fillIn();
  const row = ganttRow(session, group, layout, reveal, group.children.length ? toggle : h("span", { class: "cl-toggle-space" }));
  return h("div", {}, row, group.children.length ? children : null);
}

/** One row: its name (a button that goes to the step), its bar, how long it took. */
function ganttRow(session, part, layout, reveal, before) {
  const top = part.kind === "node" || part.kind === "group";
  const detail = part.kind === "iteration" ? label(part.raw.action, "") || part.children.map((call) => call.name).join(", ") : top && part.children.length ? `×${part.children.length}` : "";
  const name = h("button", { type: "button", class: "cl-g-name", on: { click: () => reveal?.(part) } }, part.name, detail && h("small", {}, clip(detail, 60)));
  session.explain(name, () => tipOf(part, layout));
  const kind = part.failed && part.kind !== "iteration" ? "failed" : { node: "node", group: "group", iteration: "iteration", "tool call": "call" }[part.kind];
  const bars = [ganttBar(session, part, layout, kind, reveal), ...(part.kind === "iteration" ? part.children.map((call) => ganttBar(session, call, layout, call.failed ? "failed" : "call", reveal)) : [])];
  return h("div", { class: `cl-g-row ${top ? "cl-g-top" : "cl-g-inner"}` }, h("span", { class: "cl-g-label" }, before, name),
    h("div", { class: "cl-g-track" }, bars), h("span", { class: `cl-g-time ${part.failed ? "cl-bad" : ""}` }, part.duration !== null ? duration(part.duration) : layout.timed && part.to > part.from ? `~${duration(part.to - part.from)}` : DASH));
}

function ganttBar(session, part, { total, timed }, kind, reveal) {
  const left = Math.min(99.8, Math.max(0, (part.from / total) * 100));
  const width = Math.max(0.2, Math.min(100 - left, ((part.to - part.from) / total) * 100));
  const bar = h("div", { class: `cl-g-bar cl-g-${kind} ${part.failed && kind === "iteration" ? "cl-g-troubled" : ""}`, style: { left: `${left}%`, width: `${width}%` }, on: { click: () => reveal?.(part) } });
  return session.explain(bar, () => tipOf(part, { timed }));
}

function tipOf(part, { timed }) {
  const error = isObject(part.raw.error) ? part.raw.error.message ?? part.raw.error : part.raw.error;
  const place = timed ? `start +${duration(part.from)}` : null;
  const took = part.duration !== null ? `took ${duration(part.duration)}` : timed ? "duration not recorded" : null;
  return [h("strong", {}, clip(part.name, 80)), h("span", {}, ` ${part.kind === "group" ? "" : part.kind}`), h("div", {}, [place, took].filter(Boolean).join(", ")),
    part.failed && h("div", { class: "cl-bad" }, isBlank(error) ? "failed" : clip(label(error), 160))];
}

// ---- steps

/** The list of steps, and `reveal(part)`, which opens a part's step and goes there. */
function stepsCard(run) {
  const reach = new Map(); // part -> {element, open(): void}
  const few = run.iterations.length <= FEW_STEPS;
  const troubled = run.iterations.filter((step) => step.failed).slice(0, FEW_STEPS);
  const isOpen = (step) => few || troubled.includes(step) || (!troubled.length && step === run.iterations[0]);
  const sections = h("div", { class: "cl-steps" }, run.groups.map((group) => stepGroup(group, reach, isOpen)));
  const every = (open) => {
    const all = [...sections.querySelectorAll("details.cl-step")].reverse();
    const some = () => {
      for (const step of all.splice(-20)) step.open = open;
      if (all.length) requestAnimationFrame(some);
    };
    some();
  };
  const button = (text, open) => h("button", { type: "button", class: "cl-button cl-small", on: { click: () => every(open) } }, text);
  const reveal = (part) => {
    const goal = reach.get(part);
    goal?.open();
    const at = goal?.element?.();
    if (!at) return;
    at.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    (at.querySelector("summary") ?? at).focus({ preventScroll: true });
    at.classList.add("cl-flash");
    setTimeout(() => at.classList.remove("cl-flash"), 1600);
  };
  const title = h("div", { class: "cl-card-head" }, h("h2", { class: "cl-card-title" }, "Steps"), button("Expand all", true), button("Collapse all", false));
  return { card: h("section", { class: "cl-card cl-steps-card" }, title, sections), reveal };
}

function stepGroup(group, reach, isOpen) {
  const section = h("section", { class: "cl-step-group" });
  const took = group.duration !== null && h("span", { class: "cl-muted" }, duration(group.duration));
  section.append(h("h3", { tabindex: "-1" }, h("span", { class: `cl-dot cl-g-${group.failed ? "failed" : group.kind}`, "aria-hidden": "true" }), group.name,
    group.failed && group.kind === "node" && h("span", { class: "cl-badge cl-s-failed" }, label(group.raw.status, "error")), !isBlank(group.raw.parent) && h("span", { class: "cl-muted" }, `inside ${label(group.raw.parent)}`), took, group.note && h("span", { class: "cl-muted" }, group.note)));
  const own = [["Error", group.raw.error, "cl-error"], ["Input", group.raw.input], ["Output", group.raw.output], ["Attributes", group.raw.attributes], ["Value", group.raw.value], ["Other fields", group.rest]].filter(([, value]) => !isBlank(value));
  let inOut = null;
  if (own.length) {
    const error = own[0][0] === "Error" ? own.shift() : null;
    if (error) section.append(field(...error));
    if (own.length) inOut = section.appendChild(lazyDetails("cl-step cl-in-out", [h("span", { class: "cl-grow" }, own.map(([name]) => name).join(", "))], () => own.map((each) => field(...each)), !group.children.length && isOpen(null)));
  }
  reach.set(group, { element: () => section, open: () => inOut && !group.children.length && (inOut.open = true) });
  const drawn = new Map();
  const list = h("div");
  const next = appendInPortions(list, group.children, (child) => {
    const step = child.kind === "iteration" ? iterationStep(child, isOpen(child)) : callView(child);
    drawn.set(child, step);
    return step;
  }, PORTION);
  group.children.forEach((child, i) => {
    const open = () => {
      if (!drawn.has(child)) next(i + 1);
      if (drawn.get(child) instanceof HTMLDetailsElement) drawn.get(child).open = true;
    };
    const at = { element: () => drawn.get(child), open };
    reach.set(child, at);
    for (const call of child.children) reach.set(call, at);
  });
  section.append(list);
  return section;
}

/** A `<details>` whose body is made when it is first opened: a closed step costs nothing. */
function lazyDetails(kind, summary, body, open = false) {
  const details = h("details", { class: kind }, h("summary", {}, summary));
  let made = false;
  const make = () => {
    if (made || !details.open) return;
    made = true;
    const inside = h("div", { class: "cl-body" });
    try {
      fill(inside, null, body());
    } catch (error) {
      inside.append(`This part could not be drawn: ${error?.message ?? error}`);
    }
    details.append(inside);
  };
  details.addEventListener("toggle", make);
  details.open = open;
  make();
  return details;
}

function iterationStep(step, open) {
  const { raw } = step;
  const tokens = [raw.input_tokens, raw.output_tokens].some((n) => num(n) !== null) ? `${short(raw.input_tokens)} → ${short(raw.output_tokens)} tokens` : null;
  const lead = isBlank(raw.action) ? firstWords(raw.thought ?? raw.observation ?? raw.value) : firstWords(raw.action);
  const tools = [...new Set(step.children.map((call) => call.name))].filter((name) => name !== lead);
  const summary = [
    h("b", { class: "cl-step-name" }, step.name),
    h("span", { class: "cl-grow cl-step-lead" }, lead, tools.slice(0, 4).map((name) => h("code", {}, clip(name, 40))), tools.length > 4 && ` +${tools.length - 4}`),
    step.failed && h("span", { class: "cl-badge cl-s-failed" }, "error"),
    h("span", { class: "cl-muted cl-step-cost" }, [step.duration !== null ? duration(step.duration) : null, tokens, num(raw.cost_usd) === null ? null : money(num(raw.cost_usd))].filter(Boolean).join(" · ")),
  ];
  return lazyDetails(`cl-step ${step.failed ? "cl-step-failed" : ""}`, summary, () => iterationBody(step), open);
}

const firstWords = (value) => (isBlank(value) ? "" : clip(label(typeof value === "object" ? value.name ?? value.tool ?? value.type ?? value : value).replace(/\s+/g, " "), 110));

function iterationBody(step) {
  const { raw } = step;
  const model = [isBlank(raw.model) ? null : label(raw.model), num(raw.input_tokens) !== null && `${count(raw.input_tokens)} input tokens`, num(raw.output_tokens) !== null && `${count(raw.output_tokens)} output tokens`, step.start !== null && `started ${localTime(step.start, true)} (${zone(step.start)})`].filter(Boolean);
  const repeated = !isBlank(raw.observation) && step.children.find((call) => safeJson(call.raw.result) === safeJson(raw.observation));
  const shown = [
    isBlank(raw.input) ? null : lazyDetails("cl-field cl-given", "Given to the model", () => [field("Input", raw.input)]),
    field("Thought", raw.thought), field("Action", raw.action), field("Value", raw.value),
    step.children.length ? h("div", { class: "cl-field" }, h("h4", {}, step.children.length > 1 ? `Tool calls (${step.children.length})` : "Tool call"), step.children.map(callView)) : null,
    repeated ? h("div", { class: "cl-field" }, h("h4", {}, "Observation"), h("p", { class: "cl-muted" }, "Equal to the result of ", h("code", {}, repeated.name), ".")) : field("Observation", raw.observation),
    isBlank(raw.error) ? null : field("Error", raw.error, "cl-error"), field("Other fields", step.rest),
    model.length ? h("p", { class: "cl-model" }, dotted(model)) : null,
  ].filter(Boolean);
  return shown.length ? shown : [h("p", { class: "cl-muted cl-nothing" }, "Nothing was recorded inside this iteration.")];
}

/** How a call ended, as the log says; nothing where it does not: a debugger makes up no success. */
function callBadge({ raw, failed }) {
  if (isBlank(raw.status) && !failed) return null;
  return h("span", { class: `cl-badge cl-s-${failed ? "failed" : "success"}` }, label(raw.status, "error"));
}

function callView(call) {
  const { raw } = call;
  const facts = dotted([call.duration !== null ? duration(call.duration) : null, isBlank(raw.id) ? null : label(raw.id)]);
  const big = [raw.arguments, raw.result, raw.error].some((value) => safeJson(value).length > 240);
  return h("div", { class: `cl-call ${call.failed ? "cl-call-failed" : ""}`, tabindex: "-1" },
    h("div", { class: "cl-call-head" }, h("code", { class: "cl-call-name" }, call.name), callBadge(call), h("span", { class: "cl-muted cl-call-facts" }, facts)),
    h("div", { class: `cl-call-body ${big ? "cl-call-big" : ""}` }, field("Arguments", raw.arguments, "", "none"), isBlank(raw.error) ? field("Result", raw.result, "", "none") : [field("Error", raw.error, "cl-error"), field("Result", raw.result)], field("Value", raw.value), field("Other fields", call.rest)));
}

/** A heading, a copy button and the value; nothing where there is no value, unless `otherwise` says so in words. */
function field(name, value, kind = "", otherwise = null) {
  if (isBlank(value) && otherwise === null) return null;
  const copy = () => (typeof value === "string" ? value : safeJson(value, 2));
  return h("div", { class: `cl-field ${kind}` }, h("h4", {}, name, !isBlank(value) && copyButton(copy)), isBlank(value) ? h("p", { class: "cl-muted" }, otherwise) : valueView(value));
}

// ---- values

const LONG_TEXT = 700;
const LONG_LINES = 12;
const TREE_PORTION = 100;

/** Any value of a log. Text that holds JSON is shown as the JSON it holds; `room`: how much longer than usual it may be. */
function valueView(value, room = 1) {
  if (typeof value === "string") {
    const inside = /^\s*[[{]/.test(value) ? parsed(value, null) : null;
    return inside !== null && typeof inside === "object" ? h("div", { class: "cl-json" }, jsonTree(inside, null, 0)) : textView(value, room);
  }
  if (value !== null && typeof value === "object") return h("div", { class: "cl-json" }, jsonTree(value, null, 0));
  return h("div", { class: "cl-json" }, scalar(value));
}

/** A text of several lines or paragraphs, each in its own direction; `raw` leaves turning characters to do their work. */
function textView(text, room = 1, raw = true) {
  const view = h("div", { class: "cl-text", dir: "auto" });
  const drawn = (some) => (raw ? [some] : shown(some));
  const letters = LONG_TEXT * room, lines = LONG_LINES * room;
  const long = text.length > letters * 1.3 || text.split("\n", lines * 2).length > lines * 1.3; // a few more are worth no click
  if (!long) {
    view.append(...drawn(text));
    return view;
  }
  const start = text.split("\n", lines).join("\n").slice(0, letters);
  const button = h("button", { type: "button", class: "cl-more", "aria-expanded": "false" });
  const show = (all) => {
    view.replaceChildren(...drawn(all ? text : `${start}…`), button);
    button.textContent = all ? "Show less" : `Show all (${bytes(text.length)})`;
    button.setAttribute("aria-expanded", String(all));
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") === "false"));
  show(false);
  return view;
}

function scalar(value) {
  if (typeof value !== "string") return h("span", { class: `cl-j-${value === null ? "null" : typeof value}` }, String(value));
  if (value.length > LONG_TEXT) return textView(value, 1, false);
  return h("span", { class: "cl-j-string" }, JSON.stringify(value));
}

/** A tree whose branches are made when they are opened, however deep or wide the value is. */
function jsonTree(value, key, depth) {
  const name = key === null ? null : h("span", { class: "cl-j-name" }, h("span", { class: "cl-j-key" }, key), ": ");
  if (value === null || typeof value !== "object") return h("div", { class: "cl-j-line" }, name, scalar(value));
  const list = Array.isArray(value);
  const size = list ? value.length : Object.keys(value).length;
  if (!size) return h("div", { class: "cl-j-line" }, name, list ? "[ ]" : "{ }");
  const summary = [name, h("span", { class: "cl-j-size" }, list ? `[ ${plural(size, "item")} ]` : `{ ${plural(size, "field")} }`), h("span", { class: "cl-j-preview" }, preview(value, list))];
  const body = () => {
    const inside = h("div");
    const entries = list ? value.map((each, i) => [String(i), each]) : Object.entries(value);
    appendInPortions(inside, entries, ([each, inner]) => jsonTree(inner, each, depth + 1), TREE_PORTION);
    return [inside];
  };
  return lazyDetails("cl-j-branch", summary, body, depth === 0 ? size <= 30 : depth === 1 && size <= 6);
}

/** The first few of what is inside. */
function preview(value, list) {
  const words = [];
  let left = 90;
  for (const key in value) {
    const inner = value[key];
    const text = inner !== null && typeof inner === "object" ? (Array.isArray(inner) ? "[…]" : "{…}") : clip(safeJson(inner), 28);
    const name = list ? "" : clip(key, 40);
    left -= name.length + text.length + 4;
    if (words.length === 4 || (left < 0 && words.length)) return [...words, ", …"];
    words.push([words.length ? ", " : null, name && [isolated(name), ": "], isolated(text)]);
  }
  return words;
}

// ---- side cards

function finalCard(final) {
  if (isBlank(final)) return card("Final response", {}, h("p", { class: "cl-muted" }, "The run gave no final response."));
  return card("Final response", {}, h("div", { class: "cl-final" }, valueView(final, 4)));
}

/** What the run recorded as errors, and the steps that failed, with the way to each. */
function errorsCard({ errors, groups }, reveal) {
  const one = (error) => {
    const type = isBlank(error.type) ? null : label(error.type);
    const message = error.message ?? error.value;
    return h("li", {}, h("p", {}, h("strong", {}, type ?? "Error"), isBlank(error.node) ? null : h("span", { class: "cl-muted" }, " in ", isolated(label(error.node)))),
      isBlank(message) ? null : valueView(message),
      isBlank(error.stacktrace) ? null : lazyDetails("cl-stacktrace", ["Stack trace"], () => [h("pre", {}, typeof error.stacktrace === "string" ? error.stacktrace : safeJson(error.stacktrace, 2))]),
      field("Other fields", rest(error, ["node", "type", "message", "stacktrace", "value"])));
  };
  const list = h("ul", { class: "cl-errors" });
  appendInPortions(list, errors, one, 20);
  const steps = groups.flatMap((group) => [[group, null], ...group.children.flatMap((child) => [[child, group], ...child.children.map((call) => [call, child])])]);
  const broken = steps.filter(([part]) => failed(part.raw));
  const way = ([part, parent]) => h("li", {}, h("button", { type: "button", class: "cl-more", on: { click: () => reveal?.(part) } }, clip(part.name, 60)), parent && h("span", { class: "cl-muted" }, "in ", isolated(clip(parent.name, 40))));
  const ways = h("ul", { class: "cl-ways" });
  appendInPortions(ways, broken, way, 20);
  return card(`Errors (${count(errors.length)})`, {}, errors.length ? list : h("p", { class: "cl-muted" }, broken.length ? "The run recorded none, but steps of it failed." : "The run recorded no errors."),
    broken.length > 0 && h("div", { class: "cl-field" }, h("h4", {}, `Failed steps (${count(broken.length)})`), ways));
}

function messagesCard(messages) {
  const words = (content) => (Array.isArray(content) && content.length && content.every((part) => typeof part?.text === "string") ? content.map((part) => part.text).join("\n") : content);
  const one = (message) => {
    const role = isBlank(message.role) ? "message" : label(message.role);
    const content = message.content ?? message.value;
    return h("li", { class: `cl-message cl-m-${["system", "user", "assistant", "tool"].includes(role) ? role : "other"}` }, h("h4", {}, role), isBlank(content) ? h("p", { class: "cl-muted" }, "no content") : valueView(words(content)), field("Other fields", rest(message, ["role", "content", "value"])));
  };
  return lazyCard(`Conversation (${plural(messages.length, "message")})`, () => {
    const list = h("ol", { class: "cl-messages" });
    appendInPortions(list, messages, one, 50);
    return [list];
  }, messages.length <= 12);
}

const lazyCard = (title, body, open = false) => h("section", { class: "cl-card cl-lazy-card" }, lazyDetails("cl-card-details", [h("h2", { class: "cl-card-title" }, title)], body, open));

const unknownCard = (unknown) => lazyCard(`Other parts of the trace (${count(unknown.length)})`, () => unknown.map(([name, value]) => field(name, value)), unknown.length <= 3);

function metricsCard(log) {
  const metrics = parsed(log.metrics, BROKEN);
  if (!isObject(metrics)) return isBlank(metrics) || isBlank(log.metrics) ? null : card("Metrics", {}, valueView(log.metrics));
  const entries = Object.entries(metrics);
  if (!entries.length) return null;
  const show = (value) => (num(value) !== null && typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 6 }) : label(value));
  return card("Metrics", {}, h("dl", { class: "cl-facts-list" }, entries.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, show(value))))));
}

function extraCard(log) {
  const extra = parsed(log.extra, null);
  return isBlank(extra) ? null : card("Fields of your own", {}, valueView(extra));
}

function sameTicketCard({ same_ticket: same }) {
  if (!same?.rows?.length) return null;
  const row = (each) => h("li", {}, link("ticket", each, {}, localTime(each.executed_at_ms, true)), statusBadge(each.status), h("span", { class: "cl-muted" }, seconds(each.execution_time_seconds)));
  return card("Other executions of this ticket", {}, h("ul", { class: "cl-runs" }, same.rows.map(row)), same.total > same.rows.length && h("p", { class: "cl-foot" }, `and ${count(same.total - same.rows.length)} older ones`));
}

/** The whole log as JSON text. Trace, metrics and extra fields are the sender's own text: no digit of a number is lost. */
function rawText({ log, trace }) {
  const { metrics, extra, month, trace_bytes, executed_at_ms, received_at_ms, ...fields } = log;
  const head = { ...fields, executed_at: iso(executed_at_ms), received_at: iso(received_at_ms) };
  const valid = (text) => typeof text === "string" && parsed(text, BROKEN) !== BROKEN;
  const members = Object.entries(head).filter(([, value]) => value !== null && value !== undefined).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (valid(metrics)) members.push(`"metrics":${metrics}`);
  if (isObject(parsed(extra)) && !isBlank(parsed(extra))) members.push(extra.trim().slice(1, -1));
  if (trace) members.push(`"trace":${valid(trace) ? trace : JSON.stringify(trace)}`);
  return `{${members.join(",")}}`;
}

const iso = (ms) => (validTime(ms) ? new Date(ms).toISOString() : null);

const fileName = (log) => `${label(log.ticket_id)}-${label(log.log_id)}`.replace(/[^\w.-]+/g, "_").slice(0, 120);

function rawCard(data) {
  const text = () => rawText(data);
  const name = fileName(data.log);
  return lazyCard("Raw JSON", () => [h("div", { class: "cl-raw-tools" }, copyButton(text), downloadButton(text, `${name}.json`), h("span", { class: "cl-muted" }, bytes(text().length))), h("div", { class: "cl-json" }, jsonTree(parsed(text()), null, 0))]);
}

// ---------------------------------------------------------------- 11 the door

export default {
  /** Draws the page into `el` and keeps it alive; returns what ends it. */
  render({ model, el }) {
    const session = new Session(model, el);
    return () => session.close();
  },
};
