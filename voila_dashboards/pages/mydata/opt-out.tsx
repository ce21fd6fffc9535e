/** How to opt out: what the docs say, in sections. */

import type { VNode } from "preact";
import { OPT_OUT } from "../../web/generated/opt-out.ts";
import Markdown from "../../web/values/markdown.tsx";
import { Fold } from "./fold.tsx";

export default function OptOut(): VNode {
  return (
    <>
      {Object.entries(OPT_OUT).map(([title, text]) =>
        title ? (
          <Fold key={title} summary={title}>
            <Markdown text={text} isOwn />
          </Fold>
        ) : (
          <Markdown key="summary" text={text} isOwn />
        ),
      )}
    </>
  );
}
