/** Everything around a page's own view: what is busy, what went wrong, what explains. */

import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Tip } from "../parts/tip.tsx";
import { SessionContext } from "../session/context.ts";
import type { Session, State } from "../session/session.ts";
import { tellHeader } from "./header.ts";
import { LocalNavigation } from "./navigation.tsx";
import { Notice } from "./notice.tsx";
import { Shown } from "./shown.tsx";

export function App({ session, state }: { session: Session; state: State }): VNode {
  useEffect(() => {
    if (session.isRouted) tellHeader(session, state);
  }, [session, state.payload, state.refused]);
  return (
    <SessionContext.Provider value={session}>
      <div class="cl-busy" hidden={!state.isBusy} />
      <Notice notice={state.notice} />
      <div class="cl-view">
        {session.isRouted ? null : <LocalNavigation payload={state.payload} />}
        <Shown payload={state.payload} refused={state.refused} />
      </div>
      <Tip />
    </SessionContext.Provider>
  );
}
