/** What reaches the kernel and comes from it. */

import type { ErrorCode, FailedPayload, PageName, PagePayload } from "../generated/contract.ts";

/** As much of an anywidget's model as a page uses, https://anywidget.dev/en/afm/ . */
export interface Model {
  get(name: "page"): unknown;
  on(event: string, listener: (...values: never[]) => void): void;
  off?(event: string, listener: (...values: never[]) => void): void;
  send(question: Question): void;
  /** Of Jupyter's models: whether the kernel is there. */
  comm_live?: boolean;
}

/** What a page asks its kernel. */
export interface Question {
  kind: "query";
  id: number;
  page: PageName;
  params: Record<string, string>;
}

/** What comes back, with the number of the question. */
export type Answer =
  | { kind: "result"; id: number; payload: AnyPayload }
  | { kind: "error"; id: number; code: ErrorCode; message: unknown };

export type AnyPayload = { [Name in PageName]: PagePayload<Name> }[PageName] | FailedPayload;

export const hasFailed = (payload: AnyPayload): payload is FailedPayload => "error" in payload;
