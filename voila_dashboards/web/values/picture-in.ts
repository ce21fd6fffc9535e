/** Pictures that stand in a value as text: screenshots that tools gave back. */

import { isRecord } from "../text/labels.ts";

/** Longer pictures are not drawn, in letters of base64. */
const BIGGEST = 12_000_000;
/** Shorter text is no picture. */
const SMALLEST = 64;
/** What a browser draws as a picture and nothing else: no SVG. */
const ADDRESS = /^data:image\/(?:png|jpe?g|gif|webp|avif);base64,/;
/** What PNG, JPEG, GIF and WebP begin with in base64, where nothing else says what it is. */
const BEGINNINGS: readonly [string, string][] = [
  ["iVBORw0KGgo", "png"],
  ["/9j/", "jpeg"],
  ["R0lGOD", "gif"],
  ["UklGR", "webp"],
];
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** The picture as an address that holds it; null where `value` is none that can be drawn. */
export function pictureIn(value: unknown): string | null {
  if (typeof value !== "string" || value.length < SMALLEST || value.length > BIGGEST) return null;
  const head = ADDRESS.exec(value)?.[0] ?? headOf(value);
  if (head === null) return null;
  const bytes = value.startsWith("data:") ? value.slice(head.length) : value;
  return BASE64.test(bytes) ? head + bytes.replace(/\s+/g, "") : null;
}

function headOf(text: string): string | null {
  const kind = BEGINNINGS.find(([begin]) => text.startsWith(begin))?.[1];
  return kind === undefined ? null : `data:image/${kind};base64,`;
}

/** Makers put the bytes of a picture so deep into what describes it. */
const DEEPEST = 3;
const FEW_FIELDS = 12;

/** Whether a picture lies in a value, near enough that what is around it describes it. */
export function leadsToPicture(value: unknown, depth = DEEPEST): boolean {
  if (typeof value === "string") return pictureIn(value) !== null;
  if (depth === 0 || (!isRecord(value) && !Array.isArray(value))) return false;
  if (Array.isArray(value) && value.length > FEW_FIELDS) return false;
  const inner = Object.values(value);
  return inner.length <= FEW_FIELDS && inner.some((each) => leadsToPicture(each, depth - 1));
}
