/** What a page is narrowed to beside its time and its client; each can be taken away. */

import type { VNode } from "preact";
import { NONE, type PageName, type PageParams } from "../generated/contract.ts";
import { fromStart } from "../session/addresses.ts";
import { clip } from "../text/labels.ts";
import { Link } from "./link.tsx";

const NAMES: Readonly<Record<string, string>> = {
  type: "Error",
  message: "Message",
  node: "Node",
  tool: "Tool",
  category: "Category",
  version: "Version",
  environment: "Environment",
};
const OF_NONE: Readonly<Record<string, string>> = {
  tool: "no tool",
  node: "no node",
  type: "no type",
  message: "no message",
};

interface NarrowedProps<Name extends PageName> {
  page: Name;
  params: PageParams[Name];
  /** Parameters that a choice of the page's own shows already. */
  without?: readonly string[];
}

/** Null where nothing narrows the page. */
export function Narrowed<Name extends PageName>({ page, params, without = [] }: NarrowedProps<Name>): VNode | null {
  const given = params as unknown as Record<string, string>;
  const set = Object.keys(NAMES).filter((name) => given[name] && !without.includes(name));
  if (!set.length) return null;
  return (
    <ul class="cl-narrowed" aria-label="Narrowed to">
      {set.map((name) => (
        <li key={name}>
          <span class="cl-muted">{NAMES[name]}</span> <bdi>{clip(textOf(name, given[name] ?? ""), 60)}</bdi>
          <Link
            page={page}
            params={fromStart({ ...params, [name]: "" })}
            class="cl-remove"
            title={`Not only ${NAMES[name]?.toLowerCase()}`}
            data-key={`not-${name}`}
          >
            <span class="cl-sr">Take away: {NAMES[name]}</span>
            <span aria-hidden="true">×</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const textOf = (name: string, value: string): string => (value === NONE ? (OF_NONE[name] ?? "none") : value);
