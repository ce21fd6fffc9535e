/** The two tickets, by name, side by side. */

import type { ComponentChildren, VNode } from "preact";
import type { ComparedLog, May, Side } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Dotted, StatusBadge, Time } from "../../web/parts/words.tsx";
import { clientTitle } from "../../web/text/clients.ts";
import { label } from "../../web/text/labels.ts";
import { bytes } from "../../web/text/numbers.ts";
import { zone } from "../../web/text/times.ts";

interface HeadsProps {
  left: Side;
  right: Side;
  may: May;
  names: Readonly<Record<string, string>>;
  /** What the other one is. */
  relation: ComponentChildren;
}

export const Heads = ({ left, right, may, names, relation }: HeadsProps): VNode => (
  <div class="cl-c-two cl-c-heads">
    <Head side={left} may={may} names={names} sign="−" title="Other ticket" relation={relation} />
    <Head side={right} may={may} names={names} sign="+" title="This ticket" relation={null} />
  </div>
);

interface HeadProps extends Pick<HeadsProps, "may" | "names" | "relation"> {
  side: Side;
  sign: string;
  title: string;
}

function Head({ side, may, names, sign, title, relation }: HeadProps): VNode {
  const { log } = side;
  return (
    <section class="cl-card cl-c-compared" aria-label={title}>
      <p class="cl-c-compared-as">
        <span class="cl-c-sign" aria-hidden="true">
          {sign}
        </span>
        {title}
      </p>
      <p class="cl-c-compared-name">
        <Link page="ticket" params={{ client_id: log.client_id, log_id: log.log_id }} class="cl-ticket-id">
          <bdi>{label(log.ticket_id)}</bdi>
        </Link>
        <StatusBadge status={log.status} />
      </p>
      <p class="cl-muted">
        <Time ms={log.executed_at_ms} withSeconds /> {zone(log.executed_at_ms)}
      </p>
      <p class="cl-muted">
        <Dotted items={factsOf(log, may, names)} />
      </p>
      {relation && <p class="cl-c-relation">{relation}</p>}
      <Missing side={side} />
    </section>
  );
}

const factsOf = (log: ComparedLog, may: May, names: HeadsProps["names"]): (string | null | false)[] => [
  may.see_clients && clientTitle(names, log.client_id),
  log.category ?? "no category",
  log.workflow_version,
  log.environment,
];

/** Why no steps of it are compared. */
function Missing({ side: { trace_state: state, trace_size: size, trace_limit: limit } }: { side: Side }): VNode | null {
  if (state === "present") return null;
  const words = {
    none: "It was sent without a trace: only its figures are compared.",
    retired: "Its trace is no longer kept: only its figures are compared.",
    too_big: `Its trace takes ${bytes(size)}; up to ${bytes(limit)} of each are compared. Open the ticket to read it.`,
  };
  return <p class="cl-as-of">{words[state]}</p>;
}
