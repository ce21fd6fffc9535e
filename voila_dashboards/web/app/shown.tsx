/** What the page is about: its view, or in its place why there is none. */

import { Component, Fragment, type VNode } from "preact";
import { type FailedPayload, PAGES, type PageName, type PagePayload } from "../generated/contract.ts";
import { Guard } from "../parts/guard.tsx";
import { Link } from "../parts/link.tsx";
import { Message } from "../parts/message.tsx";
import { isPage } from "../session/addresses.ts";
import { keyOf, viewOf } from "../session/loading.ts";
import { type AnyPayload, hasFailed } from "../session/model.ts";
import type { State } from "../session/session.ts";
import { label } from "../text/labels.ts";
import { AsOf } from "./as-of.tsx";
import { LeftOut } from "./left-out.tsx";
import { Skeleton } from "./skeleton.tsx";

type ShownProps = Pick<State, "payload" | "refused">;

/** Drawn anew for another payload, and for nothing else. */
export class Shown extends Component<ShownProps> {
  override shouldComponentUpdate(next: ShownProps): boolean {
    return next.payload !== this.props.payload || next.refused !== this.props.refused;
  }

  override render({ payload, refused }: ShownProps): VNode {
    if (refused) return <Missing page={refused.page} text={refused.text} />;
    if (!payload) return <Skeleton />;
    return hasFailed(payload) ? <Failed payload={payload} /> : <View payload={payload} />;
  }
}

function View({ payload }: { payload: PagePayload<PageName> }): VNode {
  const view = viewOf(payload.page);
  if (!view) return <Skeleton />;
  const Page = view.Page as (props: { payload: PagePayload<PageName> }) => VNode;
  return (
    <Fragment key={`${payload.page} ${keyOf(payload as AnyPayload)}`}>
      <AsOf payload={payload} />
      <LeftOut left_out={payload.left_out} />
      <Guard
        of={payload}
        instead={(reason) => (
          <>
            <Message title="This page could not be drawn" text={reason} />
            {view.instead?.(payload as never)}
          </>
        )}
      >
        <Page payload={payload} />
      </Guard>
    </Fragment>
  );
}

/** Where there is no such thing: the way to the list of such things. */
function Missing({ page, text }: { page: string; text: string }): VNode {
  const list = isPage(page) ? PAGES[page].marked : null;
  return (
    <Message title="Not found" text={text}>
      {list && (
        <Link page={list} params={{}}>
          Back to {PAGES[list].title}
        </Link>
      )}
    </Message>
  );
}

function Failed({ payload: { page, error } }: { payload: FailedPayload }): VNode {
  const text = label(error.message, "Load it again.");
  if (error.code === "not_found") return <Missing page={page} text={text} />;
  return <Message title="This page could not be built" text={text} />;
}
