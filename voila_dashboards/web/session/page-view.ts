/** What a page's folder must export as its view. */

import type { VNode } from "preact";
import type { PageName, PagePayload } from "../generated/contract.ts";

export interface PageView<Name extends PageName> {
  /** What the window is called while `payload` is shown. */
  title(payload: PagePayload<Name>): string;
  /** What makes two payloads the same thing to look at: with another key, nothing that was open stays open. */
  key?(payload: PagePayload<Name>): string;
  /** What is shown where `Page` cannot draw a payload. */
  instead?(payload: PagePayload<Name>): VNode;
  Page(props: { payload: PagePayload<Name> }): VNode;
}
