/** What a first paint does without, fetched together: many small files are dearer on the wire than one. */

export { usualOf } from "../../web/trace/unusual.ts";
export { Below } from "./below.tsx";
export { default as Debugger } from "./debugger.tsx";
export { default as Finder } from "./finder.tsx";
export { Gone } from "./gone.tsx";
export { Left } from "./left.ts";
export { default as RawLog } from "./raw-view.tsx";
export { Side } from "./side.tsx";
export { TraceState } from "./trace-state.tsx";
