/** A value as a tree whose branches are made when they are opened, however deep or wide it is. */

import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import { LazyDetails } from "../parts/lazy-details.tsx";
import { Portions } from "../parts/portions.tsx";
import { useFirstSought } from "../parts/sought.ts";
import { clip } from "../text/labels.ts";
import { plural } from "../text/numbers.ts";
import { exactText, jsonText } from "./exact.ts";
import { Picture } from "./picture.tsx";
import { leadsToPicture, pictureIn } from "./picture-in.ts";
import { LONG_TEXT, TextView } from "./text-view.tsx";

const PORTION = 100;
const PER_PIECE = 10;
/** What lies deeper is shown as JSON text: each level has elements of its own. */
const DEEPEST = 20;

interface TreeProps {
  value: unknown;
  name?: string | null;
  depth?: number;
}

export function JsonTree({ value, name = null, depth = 0 }: TreeProps): VNode {
  if (value === null || typeof value !== "object")
    return (
      <Line name={name}>
        <Scalar value={value} />
      </Line>
    );
  if (depth > DEEPEST)
    return (
      <Line name={name}>
        <TextView text={jsonText(value, 2)} isRaw={false} />
      </Line>
    );
  const isList = Array.isArray(value);
  const size = isList ? value.length : Object.keys(value).length;
  if (!size) return <Line name={name}>{isList ? "[ ]" : "{ }"}</Line>;
  return (
    <LazyDetails
      class="cl-j-branch"
      of={value}
      inside={() => jsonText(value)}
      isOpen={(depth === 0 ? size <= 30 : depth === 1 && size <= 6) || leadsToPicture(value)}
      summary={
        <>
          <Name name={name} />
          <span class="cl-j-size">{isList ? `[ ${plural(size, "item")} ]` : `{ ${plural(size, "field")} }`}</span>
          <span class="cl-j-preview">
            <Preview value={value} size={size} />
          </span>
        </>
      }
      body={() => <Branches value={value} depth={depth + 1} />}
    />
  );
}

function Branches({ value, depth }: { value: object; depth: number }): VNode {
  const entries = useMemo(() => Object.entries(value), [value]);
  const sought = useFirstSought(
    entries.length > PORTION ? entries : NONE,
    ([key, inner]) => `${key} ${jsonText(inner)}`,
  );
  return (
    <Portions
      items={entries}
      portion={PORTION}
      perPiece={PER_PIECE}
      at={sought}
      draw={([key, inner]: [string, unknown]) => <JsonTree value={inner} name={key} depth={depth} />}
    />
  );
}

const NONE: [string, unknown][] = [];

const Line = ({ name, children }: { name: string | null; children: ComponentChildren }): VNode => (
  <div class="cl-j-line">
    <Name name={name} />
    {children}
  </div>
);

const Name = ({ name }: { name: string | null }): VNode | null =>
  name === null ? null : (
    <span class="cl-j-name">
      <span class="cl-j-key">{name}</span>:{" "}
    </span>
  );

export function Scalar({ value }: { value: unknown }): VNode {
  if (typeof value !== "string")
    return <span class={`cl-j-${value === null ? "null" : typeof value}`}>{String(value)}</span>;
  const exact = exactText(value);
  if (exact !== null) return <span class="cl-j-number">{exact}</span>;
  const picture = pictureIn(value);
  if (picture) return <Picture src={picture} />;
  if (value.length > LONG_TEXT || value.includes("\n")) return <TextView text={value} isRaw={false} />;
  return <span class="cl-j-string">{JSON.stringify(value)}</span>;
}

const MOST_LETTERS = 90;
const MOST_ENTRIES = 4;

/** The first few of what is inside. */
function Preview({ value, size }: { value: object; size: number }): VNode {
  const shown = previewOf(value);
  return (
    <>
      {shown.map(([name, text], i) => (
        <span key={name || i}>
          {i > 0 && ", "}
          {name && (
            <>
              <bdi>{name}</bdi>
              {": "}
            </>
          )}
          <bdi>{text}</bdi>
        </span>
      ))}
      {shown.length < size && ", …"}
    </>
  );
}

function previewOf(value: object): [string, string][] {
  const shown: [string, string][] = [];
  let left = MOST_LETTERS;
  for (const key in value) {
    const text = inShort((value as Record<string, unknown>)[key]);
    const name = Array.isArray(value) ? "" : clip(key, 40);
    left -= name.length + text.length + 4;
    if (shown.length === MOST_ENTRIES || (left < 0 && shown.length)) return shown;
    shown.push([name, text]);
  }
  return shown;
}

function inShort(value: unknown): string {
  if (value !== null && typeof value === "object") return Array.isArray(value) ? "[…]" : "{…}";
  return clip(jsonText(value), 28);
}
