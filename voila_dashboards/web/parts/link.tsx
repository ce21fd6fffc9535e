/** A link to a page: a real address, which a plain click asks the kernel for (`session/links.ts`). */

import type { ComponentChildren, VNode } from "preact";
import type { PageName } from "../generated/contract.ts";
import { hrefOf, type LinkParams } from "../session/addresses.ts";

interface LinkProps<Name extends PageName> {
  page: Name;
  params: LinkParams<Name>;
  class?: string;
  title?: string | undefined;
  role?: "button";
  "aria-current"?: "page" | "true" | undefined;
  "aria-pressed"?: "true" | "false";
  "data-key"?: string;
  children?: ComponentChildren;
}

export function Link<Name extends PageName>({ page, params, children, ...props }: LinkProps<Name>): VNode {
  return (
    <a {...props} href={hrefOf(page, params)}>
      {children}
    </a>
  );
}
