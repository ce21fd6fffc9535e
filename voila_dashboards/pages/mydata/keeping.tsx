/** How much is kept, for how long, and how complete it is. */

import type { VNode } from "preact";
import type { Arrived, ClientFacts, ClientRecord, PageParams } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Time } from "../../web/parts/words.tsx";
import { complete, LOSSES } from "../../web/text/losses.ts";
import { count, plural } from "../../web/text/numbers.ts";
import { utcTime } from "../../web/text/times.ts";
import { decided, keptBecause, LEVELS, ofTickets, retention } from "./sentences.ts";

type Facts = ClientFacts | null;

export function LevelCard({ facts, arrived }: { facts: Facts; arrived: Arrived }): VNode {
  const record = facts?.record;
  return (
    <Card title="How much is kept">
      {record ? <Level record={record} /> : <Unknown facts={facts} />}
      <p class="cl-lead">
        {arrived.tickets
          ? `${ofTickets(arrived.with_trace, arrived.tickets)} came with a trace: what the workflow was given and did. `
          : ""}
        The client decides in its own environment what leaves it at all (CASELOG_LEVEL, CASELOG_MASK); nobody else can
        widen that.
      </p>
    </Card>
  );
}

const Level = ({ record }: { record: ClientRecord }): VNode => (
  <>
    <p>
      <strong>{record.level}</strong>: {LEVELS[record.level][1]}
    </p>
    <p class="cl-muted">
      {decided(record.level_by, record.level_at_ms, "At the provider's server; by whom it was set is not noted.")}
    </p>
    {record.removed_at_ms !== null && (
      <p class="cl-bad">Since {utcTime(record.removed_at_ms)} the client's logs are refused.</p>
    )}
  </>
);

export function RetentionCard({ facts, oldestMs }: { facts: Facts; oldestMs: number | null }): VNode {
  const record = facts?.record;
  return (
    <Card title="How long it is kept">
      {record ? (
        <>
          {retention(record).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <p class="cl-muted">{keptBecause(record)}</p>
        </>
      ) : (
        <Unknown facts={facts} />
      )}
      {oldestMs !== null && (
        <p class="cl-lead">
          The oldest ticket that is kept ran on <Time ms={oldestMs} />.
        </p>
      )}
    </Card>
  );
}

/** A client that was deleted has no settings; where the store is silent, nobody knows. */
const Unknown = ({ facts }: { facts: Facts }): VNode => (
  <p>
    {facts?.is_known
      ? "There is no client of this id any more, or there never was: nothing new is taken of it."
      : "The store does not answer just now, so what is set is not known: load the page again in a minute."}
  </p>
);

export function CompletenessCard({ arrived, params }: { arrived: Arrived; params: PageParams["mydata"] }): VNode {
  return (
    <Card title="How complete it is">
      <p>
        {complete(arrived.tickets, arrived.lost)} of the logs arrived:{" "}
        {arrived.lost
          ? `${count(arrived.tickets)} are here, ${plural(arrived.lost, "log")} were reported lost by the senders.`
          : "no sender reported a loss."}
      </p>
      {arrived.lost > 0 && (
        <ul class="cl-losses">
          {arrived.lost_by_reason.map(({ reason, logs }) => (
            <li key={reason}>
              {LOSSES[reason]}: {count(logs)}
            </li>
          ))}
        </ul>
      )}
      <p class="cl-lead">
        <Link page="overview" params={params}>
          Completeness on the overview
        </Link>
      </p>
    </Card>
  );
}
