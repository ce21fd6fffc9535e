/** Views of pages and their styles, loaded when a page is needed for the first time. */

import type { PageName } from "../generated/contract.ts";
import { VIEWS } from "../generated/views.ts";
import { type AnyPayload, hasFailed } from "./model.ts";
import type { PageView } from "./page-view.ts";

const loaded = new Map<PageName, PageView<never>>();

/** The view of `page` where it is there already. */
export const viewOf = (page: PageName): PageView<never> | undefined => loaded.get(page);

/** What makes two payloads the same thing to look at, beside their page. */
export function keyOf(payload: AnyPayload | null): string {
  if (!payload || hasFailed(payload)) return "";
  return viewOf(payload.page)?.key?.(payload as never) ?? "";
}

/** Loads what `page` needs to be drawn; rejects where the server does not answer. */
export async function loadView(page: PageName): Promise<void> {
  if (loaded.has(page)) return;
  const [module] = await Promise.all([VIEWS[page](), loadStyles(page)]);
  loaded.set(page, module.default as PageView<never>);
}

/**
 * Loads the styles of a page, or of what is drawn late. In a notebook all are there at once; behind the gateway
 * `data-caselog-pages` names where they are.
 */
export async function loadStyles(name: PageName | `${PageName}-late` | "markdown"): Promise<void> {
  const folder = document.documentElement.dataset.caselogPages;
  const href = `${folder}/pages/${name}.css`;
  if (!folder || document.head.querySelector(`link[href="${CSS.escape(href)}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  await new Promise<void>((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => reject(new Error(`The styles of ${name} cannot be loaded.`));
    document.head.append(link);
  });
}
