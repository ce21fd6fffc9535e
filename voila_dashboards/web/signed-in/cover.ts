/** Puts a message in place of everything the page shows: what a log said is not in the document any more. */

import { isLeft, saidOf } from "./said.ts";

export function cover(reason: string): void {
  const said = saidOf(reason);
  const brand = document.querySelector(".cl-brand")?.cloneNode(true);
  const title = element("h1", {}, said.title);
  title.tabIndex = -1;
  const link = element("a", { class: "cl-button cl-primary" }, said.action);
  const lead = (): void => link.setAttribute("href", said.href(location.pathname + location.search));
  const card = element("section", { class: "cl-card cl-center-card cl-message-card" });
  card.append(...(brand ? [brand] : []), title, element("p", { class: "cl-muted", role: "alert" }, said.text));
  card.append(wrapped("p", link));
  const content = element("main", { class: "cl-center", id: "content" });
  content.append(card);
  lead();
  addEventListener("popstate", lead); // the browser's buttons change the address, and nothing else
  dress();
  document.body.replaceChildren(content);
  document.title = `${said.title} · Caselog`;
  if (isLeft(reason)) forget();
  title.focus({ preventScroll: true });
}

/** Fetches the styles of the server's own pages, where this is one of the view. */
function dress(): void {
  const folder = document.documentElement.dataset.caselogPages;
  if (folder) document.head.append(element("link", { rel: "stylesheet", href: `${folder}/pages/account.css` }));
}

/** What the tab keeps of filters and words looked for. */
function forget(): void {
  try {
    sessionStorage.clear();
  } catch {
    // it keeps nothing
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string>,
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.textContent = text;
  return made;
}

function wrapped(name: "p", child: Node): HTMLElement {
  const made = element(name, {});
  made.append(child);
  return made;
}
