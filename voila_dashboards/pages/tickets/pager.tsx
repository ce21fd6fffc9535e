/** The way from one page of the list to the next: each page begins where the last one ended. */

import type { VNode } from "preact";
import { LAST_PAGE, type PageParams, type TicketsData } from "../../web/generated/contract.ts";
import { fromStart, hrefOf } from "../../web/session/addresses.ts";
import { count } from "../../web/text/numbers.ts";

interface PagerProps {
  data: TicketsData;
  params: PageParams["tickets"];
}

export function Pager({ data, params }: PagerProps): VNode | null {
  const { first, before, after, rows, found } = data;
  if (!found || (before === null && after === null)) return null;
  const go = (to: { before?: string; after?: string } | null, text: string, rel?: string) => (
    <Step to={to} text={text} rel={rel} params={params} />
  );
  return (
    <nav class="cl-pager" aria-label="Pages of tickets">
      {go(before === null ? null : {}, "First")}
      {go(before === null ? null : { before }, "Previous", "prev")}
      <span class="cl-pager-place">
        {rows.length ? `${count(first)}–${count(first + rows.length - 1)} of ${count(found)}` : "nothing more"}
      </span>
      {go(after === null ? null : { after }, "Next", "next")}
      {go(after === null ? null : { before: LAST_PAGE }, "Last")}
    </nav>
  );
}

interface StepProps {
  to: { before?: string; after?: string } | null;
  text: string;
  rel: string | undefined;
  params: PageParams["tickets"];
}

/** The same element whether it leads anywhere or not: so it keeps the focus when the last page is reached. */
function Step({ to, text, rel, params }: StepProps): VNode {
  const way =
    to === null
      ? { "aria-disabled": "true" as const, tabIndex: -1 }
      : { href: hrefOf("tickets", { ...fromStart(params), ...to }), rel };
  return (
    <a class="cl-button" data-key={`page-${text}`} {...way}>
      {text}
    </a>
  );
}
