/** The whole log, to read, to copy and to keep. */

import type { VNode } from "preact";
import type { TicketData } from "../../web/generated/contract.ts";
import { CopyButton } from "../../web/parts/copy.tsx";
import { DownloadButton } from "../../web/parts/download.tsx";
import { bytes } from "../../web/text/numbers.ts";
import { parseJson } from "../../web/values/exact.ts";
import { Json } from "../../web/values/value.tsx";
import { fileName, rawText } from "./raw-log.ts";

export default function RawLog({ data }: { data: TicketData }): VNode {
  const text = rawText(data);
  return (
    <>
      <div class="cl-raw-tools">
        <CopyButton text={() => text} />
        <DownloadButton text={() => text} name={`${fileName(data.log)}.json`} />
        <span class="cl-muted">{bytes(text.length)}</span>
      </div>
      <Json value={parseJson(text, text)} />
    </>
  );
}
