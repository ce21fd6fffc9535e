/** The navigation of a notebook, where no server draws one. */

import type { VNode } from "preact";
import { PAGES, type PageName } from "../generated/contract.ts";
import { Link } from "../parts/link.tsx";
import { useSession } from "../session/context.ts";
import type { AnyPayload } from "../session/model.ts";

export function LocalNavigation({ payload }: { payload: AnyPayload | null }): VNode {
  const session = useSession();
  const listed = (Object.keys(PAGES) as PageName[]).filter((name) => PAGES[name].navigation);
  return (
    <nav class="cl-nav cl-local-nav" aria-label="Pages">
      {listed.map((name) => (
        <Link
          key={name}
          page={name}
          params={session.carrying.paramsOf(name)}
          aria-current={payload?.page === name ? "page" : undefined}
        >
          {PAGES[name].navigation}
        </Link>
      ))}
    </nav>
  );
}
