/** Words of a person or a model: text at once, and as the Markdown it is as soon as what reads that is there. */

import type { VNode } from "preact";
import { Guard } from "../parts/guard.tsx";
import { later } from "../parts/later.tsx";
import { faceOf, isMarkdown, withoutColours } from "../text/faces.ts";
import { TextView } from "./text-view.tsx";

/** A longer text is shown as text: reading it would hold up the page. */
const LONGEST = 60_000;
// What cannot be read, such as a quote of ten thousand levels, is shown as text too.

const markdown = later<{ text: string }>(() => import("./markdown.tsx"));

export function Prose({ text, room = 6 }: { text: string; room?: number }): VNode {
  const plain = <TextView text={text} room={room} />;
  if (text.length > LONGEST || !isMarkdown(text) || faceOf(text) === "diff") return plain;
  return (
    <Guard of={text} instead={() => plain}>
      <markdown.Draw of={{ text: withoutColours(text) }} meanwhile={plain} />
    </Guard>
  );
}
