/** Words of a person or a model: text at once, and as the Markdown it is as soon as what reads that is there. */

import type { VNode } from "preact";
import { Guard } from "../parts/guard.tsx";
import { later } from "../parts/later.tsx";
import { loadStyles } from "../session/loading.ts";
import { withoutColours } from "../text/colours.ts";
import { faceOf, isMarkdown } from "../text/faces.ts";
import { TextView } from "./text-view.tsx";

// What cannot be read, such as a quote of ten thousand levels, is shown as text.

const markdown = later<{ text: string; plain: VNode }>(async () => {
  const [module] = await Promise.all([import("./markdown.tsx"), loadStyles("markdown")]);
  return module;
});

export function Prose({ text, room = 6 }: { text: string; room?: number }): VNode {
  const plain = <TextView text={text} room={room} />;
  if (!isMarkdown(text) || faceOf(text) === "diff") return plain;
  return (
    <Guard of={text} instead={() => plain}>
      <markdown.Draw of={{ text: withoutColours(text), plain }} meanwhile={plain} />
    </Guard>
  );
}
