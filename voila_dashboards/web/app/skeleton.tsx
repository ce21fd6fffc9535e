/** What shows until the first data is there; the server draws the same. */

import type { VNode } from "preact";

export const Skeleton = (): VNode => (
  <div class="cl-skeleton" aria-busy="true">
    <p class="cl-sr">Loading</p>
    <div class="cl-bone cl-bone-title" />
    <div class="cl-kpis">
      {[1, 2, 3, 4, 5].map((each) => (
        <div key={each} class="cl-bone cl-bone-kpi" />
      ))}
    </div>
    <div class="cl-bone cl-bone-chart" />
  </div>
);
