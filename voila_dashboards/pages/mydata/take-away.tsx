/** Everything of a client as files. */

import type { VNode } from "preact";
import type { ClientData, ClientFacts, PageParams } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { hrefOf } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";

const FORMATS = [
  ["csv", "CSV", "for spreadsheets"],
  ["parquet", "Parquet", "for DuckDB, pandas and others, with types"],
  ["ndjson", "NDJSON", "one JSON object a line"],
] as const;

interface TakeAwayProps {
  data: ClientData;
  params: PageParams["mydata"];
  facts: ClientFacts | null;
}

/** In a notebook no server makes files: there, whoever runs it reads the lake itself. */
export function TakeAway({ data: { client_id: id }, params, facts }: TakeAwayProps): VNode | null {
  const { isRouted } = useSession();
  if (!isRouted) return null;
  const query = hrefOf("tickets", { client: id, range: "all", zone: params.zone }).split("?")[1] ?? "";
  return (
    <Card title="Take it with you" class="cl-take-away">
      <p class="cl-lead">Every ticket that is kept, of all time, with all its fields and figures:</p>
      <ul class="cl-files">
        {FORMATS.map(([format, name, about]) => (
          <li key={format}>
            <a class="cl-button" href={`/download/tickets.${format}?${query}`} download>
              {name}
            </a>
            <span class="cl-muted">{about}</span>
          </li>
        ))}
        {facts?.receipts?.length ? (
          <li>
            <a class="cl-button" href={`/receipts/${encodeURIComponent(id)}.ndjson`} download>
              Receipts
            </a>
            <span class="cl-muted">all receipts of deletions, one JSON object a line</span>
          </li>
        ) : null}
      </ul>
      <p class="cl-lead">
        A trace is saved on its ticket's page. All traces at once are Parquet files in the provider's bucket, below{" "}
        <code>traces/client_id={id}</code>: ask the provider for a copy.
      </p>
    </Card>
  );
}
