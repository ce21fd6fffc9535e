/** What to do where no log has arrived yet. */

import type { VNode } from "preact";
import type { ViewerNames } from "../generated/contract.ts";
import { CopyButton } from "./copy.tsx";

const commands = (clientId: string): string =>
  [
    "pip install caselog",
    "",
    "export LOG_COLLECTOR_URL=https://your-collector.example.com",
    "export LOG_COLLECTOR_API_KEY=…",
    `export CLIENT_ID=${clientId}`,
    "",
    "# at the end of your workflow, in Python",
    "from caselog import build_workflow_log, ship_log_async",
    "ship_log_async(build_workflow_log(state))",
  ].join("\n");

export function FirstSteps({ viewer }: { viewer: ViewerNames }): VNode {
  const code = commands(viewer.client_id ?? "your-client-id");
  return (
    <section class="cl-card cl-empty">
      <h2>No tickets yet</h2>
      <p>
        A ticket appears here seconds after a workflow has sent its first log. The SDK sends one in three lines; the
        provider issues the API key.
      </p>
      <div class="cl-code">
        <pre>{code}</pre>
        <CopyButton text={() => code} />
      </div>
    </section>
  );
}
