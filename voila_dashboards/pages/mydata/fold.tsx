/** Something folded that is there for whoever prints or searches the page: its body is made at once. */

import type { ComponentChildren, VNode } from "preact";

interface FoldProps {
  summary: ComponentChildren;
  children: ComponentChildren;
}

export const Fold = ({ summary, children }: FoldProps): VNode => (
  <details class="cl-folds cl-folded">
    <summary>{summary}</summary>
    <div class="cl-body">{children}</div>
  </details>
);
