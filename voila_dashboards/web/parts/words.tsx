/** Small pieces of text. */

import type { ComponentChildren, VNode } from "preact";
import { Fragment } from "preact";
import { DASH } from "../text/numbers.ts";
import { statusKind } from "../text/statuses.ts";
import { isMoment, localTime, utcTime } from "../text/times.ts";

/** What is there of `items`, with a dot between each and the next; texts of somebody's own stay apart. */
export const Dotted = ({ items }: { items: (string | null | false | undefined)[] }): VNode => (
  <>
    {items.filter(Boolean).map((item, i) => (
      <Fragment key={i}>
        {i ? " · " : null}
        <bdi>{item}</bdi>
      </Fragment>
    ))}
  </>
);

export const Muted = ({ children }: { children: ComponentChildren }): VNode => <span class="cl-muted">{children}</span>;

/** A moment: local on the page, UTC on hover. */
export function Time({ ms, withSeconds = false }: { ms: unknown; withSeconds?: boolean }): VNode {
  if (!isMoment(ms)) return <Muted>{DASH}</Muted>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={utcTime(ms)}>
      {localTime(ms, withSeconds)}
    </time>
  );
}

export const Swatch = ({ kind }: { kind: string }): VNode => (
  <span class={`cl-swatch cl-s-${kind}`} aria-hidden="true" />
);

/** How a ticket ended; `statuses` are those that are drawn beside it. */
export const StatusBadge = ({ status, statuses }: { status: string; statuses?: readonly string[] }): VNode => (
  <span class={`cl-badge cl-s-${statusKind(status, statuses)}`} title={status}>
    <span>{status || "UNKNOWN"}</span>
  </span>
);
