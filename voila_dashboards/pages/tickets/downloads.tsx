/** The filtered list as a file. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { PageParams } from "../../web/generated/contract.ts";
import { Popover } from "../../web/parts/popover.tsx";
import { fromStart, hrefOf } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";

const FORMATS = [
  ["csv", "CSV", "for spreadsheets; what could be a formula has a quotation mark before it"],
  ["parquet", "Parquet", "for DuckDB, pandas and others, with types"],
  ["ndjson", "NDJSON", "one JSON object a line"],
] as const;

/** Null in a notebook, where no server makes files. */
export function Downloads({ params, found }: { params: PageParams["tickets"]; found: number }): VNode | null {
  const session = useSession();
  const box = useRef<HTMLDetailsElement>(null);
  if (!session.isRouted || !found) return null;
  const query = hrefOf("tickets", fromStart({ ...params, columns: "" })).split("?")[1] ?? "";
  return (
    <Popover box={box} class="cl-menu" name="download" summary="Download">
      <ul class="cl-popover cl-downloads">
        {FORMATS.map(([format, name, about]) => (
          <li key={format}>
            <a href={`/download/tickets.${format}${query && `?${query}`}`} download>
              {name}
            </a>
            <small class="cl-muted">{about}</small>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
