/** What reaches the kernel and comes from it. */

import type { ErrorCode, FailedPayload, Found, PageName, PagePayload } from "../generated/contract.ts";

/** As much of an anywidget's model as a page uses, https://anywidget.dev/en/afm/ . */
export interface Model {
  get(name: "page"): unknown;
  on(event: string, listener: (...values: never[]) => void): void;
  off?(event: string, listener: (...values: never[]) => void): void;
  send(question: Question): void;
  /** Of Jupyter's models: whether the kernel is there. */
  comm_live?: boolean;
}

/** What a page asks its kernel: what to show, or values of one of its parameters by words. */
export type Question = { id: number; page: PageName; params: Record<string, string> } & (
  | { kind: "query" }
  | { kind: "find"; param: string; words: string }
);

/** What comes back, with the number of the question. */
export type Answer = Result | Refusal | { kind: "found"; id: number; found: Found };
export type Result = { kind: "result"; id: number; payload: AnyPayload };
export type Refusal = { kind: "error"; id: number; code: ErrorCode; message: unknown };

export type AnyPayload = { [Name in PageName]: PagePayload<Name> }[PageName] | FailedPayload;

export const hasFailed = (payload: AnyPayload): payload is FailedPayload => "error" in payload;
