/** Addresses of the pages, read and written by the list of pages. */

import { PAGES, type PageName, type PageParams } from "../generated/contract.ts";

/** Parameters as a link names them: any of the page's, the others as they are by default. */
export type LinkParams<Name extends PageName> = {
  [Param in keyof PageParams[Name]]?: string | undefined;
};

/** The same parameters for the first page of a list: what is narrowed or sorted anew is read from its beginning. */
export const fromStart = <Params extends object>(params: Params): Params => ({ ...params, after: "", before: "" });

/** A page, and parameters nobody has read yet. */
export interface Goal {
  page: PageName;
  params: Record<string, string>;
}

type Default = string | { readonly by: string; readonly defaults: Readonly<Record<string, string>> };

const PAGE_NAMES = Object.keys(PAGES) as PageName[];

export const isPage = (name: unknown): name is PageName => typeof name === "string" && Object.hasOwn(PAGES, name);

/** The address of a page; what is the default anyway is left out. */
export function hrefOf<Name extends PageName>(page: Name, given: LinkParams<Name>): string {
  const params = given as Record<string, string | undefined>;
  const inPath = paramsOfPath(page);
  const query = new URLSearchParams();
  for (const name of Object.keys(PAGES[page].params)) {
    const value = params[name];
    if (value && !inPath.includes(name) && value !== defaultOf(page, name, params)) query.set(name, value);
  }
  const path = PAGES[page].path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The page at an address of ours; null for every other address. */
export function readUrl(url: URL, origin: string): Goal | null {
  if (url.origin !== origin) return null;
  for (const page of PAGE_NAMES) {
    const found = readPath(page, url.pathname);
    if (found) return { page, params: { ...Object.fromEntries(url.searchParams), ...found } };
  }
  return null;
}

/** The value of a parameter where an address leaves it out. */
function defaultOf(page: PageName, name: string, params: Record<string, string | undefined>): string | undefined {
  const found = (PAGES[page].params as Record<string, Default>)[name];
  if (found === undefined || typeof found === "string") return found;
  const other = params[found.by] || defaultOf(page, found.by, params);
  return found.defaults[other ?? ""];
}

const paramsOfPath = (page: PageName): string[] =>
  [...PAGES[page].path.matchAll(/\{(\w+)\}/g)].map((each) => each[1] ?? "");

function readPath(page: PageName, path: string): Record<string, string> | null {
  const pattern = PAGES[page].path.replace(/\{\w+\}/g, "([^/]+)");
  const values = new RegExp(`^${pattern}$`).exec(path)?.slice(1);
  try {
    return values
      ? Object.fromEntries(paramsOfPath(page).map((name, i) => [name, decodeURIComponent(values[i] ?? "")]))
      : null;
  } catch {
    return null; // a broken escape: let the server say so
  }
}

/** Statuses as one parameter; a status may hold a comma. */
export const statusParam = (statuses: readonly string[]): string =>
  statuses.map((status) => status.replace(/[%,]/g, encodeURIComponent)).join(",");

export const statusList = (param: string): string[] => param.split(",").filter(Boolean).map(decoded);

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
