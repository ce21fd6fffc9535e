/** Any value of a log, and a field of it with its name. */

import type { VNode } from "preact";
import { CopyButton } from "../parts/copy.tsx";
import { gapStyle, usePiece } from "../parts/room.ts";
import { isBlank } from "../text/labels.ts";
import { exactText, jsonText, parseJson } from "./exact.ts";
import { JsonTree, Scalar } from "./json-tree.tsx";
import { Picture } from "./picture.tsx";
import { pictureIn } from "./picture-in.ts";
import { TextView } from "./text-view.tsx";

/** Text that holds JSON is shown as the JSON it holds; `room`: how much longer than usual a text may be. */
export function Value({ value, room = 1 }: { value: unknown; room?: number }): VNode {
  if (typeof value === "string" && exactText(value) === null) {
    const inside = /^\s*[[{]/.test(value) ? parseJson(value, null) : null;
    const picture = pictureIn(value);
    if (picture) return <Picture src={picture} />;
    if (inside === null || typeof inside !== "object") return <TextView text={value} room={room} />;
    return <Json value={inside} />;
  }
  if (value !== null && typeof value === "object") return <Json value={value} />;
  return (
    <div class="cl-json">
      <Scalar value={value} />
    </div>
  );
}

export function Json({ value }: { value: unknown }): VNode {
  const { place, gap } = usePiece<HTMLDivElement>();
  return (
    <div ref={place} class="cl-json" {...gapStyle(gap)}>
      {gap === null && <JsonTree value={value} />}
    </div>
  );
}

interface FieldProps {
  name: string;
  value: unknown;
  class?: string;
  /** What is said where there is no value; without it there is no field then. */
  otherwise?: string;
}

/** Its name, a copy button and the value. */
export function Field({ name, value, class: kind = "", otherwise }: FieldProps): VNode | null {
  if (isBlank(value) && otherwise === undefined) return null;
  return (
    <div class={`cl-field ${kind}`}>
      <p class="cl-field-name">
        {name}
        {!isBlank(value) && <CopyButton text={() => textOf(value)} />}
      </p>
      {isBlank(value) ? <p class="cl-muted">{otherwise}</p> : <Value value={value} />}
    </div>
  );
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? (exactText(value) ?? value) : jsonText(value, 2);
