/** What can be taken out of the page: a report, also on paper, and a test case. */

import { render, type VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "../../web/parts/copy.tsx";
import { DownloadButton } from "../../web/parts/download.tsx";
import { useSession } from "../../web/session/context.ts";
import Markdown from "../../web/values/markdown.tsx";
import { fileName } from "./raw-log.ts";
import { reportOf, type Told } from "./report.ts";
import { testCase } from "./test-case.ts";

export function TakeAway(told: Told): VNode {
  const { root } = useSession();
  const now = useRef(told);
  now.current = told;
  useEffect(() => printing(root, () => reportOf(now.current)), [root]);
  return (
    <>
      <DownloadButton
        words="Report"
        kind="text/markdown"
        text={() => reportOf(told)}
        name={`${fileName(told.log)}.md`}
      />
      <CopyButton words="Copy as test case" text={() => testCase(told)} />
    </>
  );
}

/** On paper the page is its report. Made when it is printed, gone afterwards; ends when it is told to. */
function printing(root: HTMLElement, text: () => string): () => void {
  const stop = new AbortController();
  const paper = document.createElement("div");
  paper.className = "cl-paper";
  const leave = () => {
    render(null, paper);
    paper.remove();
    root.classList.remove("cl-printed");
  };
  const make = () => {
    root.append(paper);
    render(<Markdown text={text()} isOwn />, paper);
    root.classList.add("cl-printed");
  };
  window.addEventListener("beforeprint", make, { signal: stop.signal });
  window.addEventListener("afterprint", leave, { signal: stop.signal });
  return () => {
    stop.abort();
    leave();
  };
}
