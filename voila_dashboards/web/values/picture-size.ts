/** How many pixels a picture unpacks to, as its first bytes say: a few KB may be a gigabyte of a browser's memory. */

/** More than most cameras make; so many take 160 MB, and only pictures near what is seen are drawn. */
const MOST_PIXELS = 40_000_000;
/** Nothing of a head stands further in, in bytes; of a photograph its preview may stand before. */
const HEAD = 256 * 1024;

export const isDrawable = (size: Size | null): boolean => size !== null && size[0] * size[1] <= MOST_PIXELS;

/** Width and height in pixels; null where the bytes do not say them. `base64` may hold white space. */
export function sizeOf(base64: string): Size | null {
  const bytes = head(base64);
  if (bytes === null) return null;
  const view = new DataView(bytes.buffer);
  for (const read of [ofPng, ofGif, ofWebp, ofJpeg, ofAvif]) {
    const size = read(view, bytes);
    if (size) return size;
  }
  return null;
}

export type Size = readonly [width: number, height: number];
type Reader = (view: DataView, bytes: Uint8Array) => Size | null;

function head(base64: string): Uint8Array<ArrayBuffer> | null {
  const letters = base64.slice(0, Math.ceil((HEAD * 4) / 3) * 2).replace(/[^A-Za-z0-9+/]/g, "");
  const whole = letters.slice(0, Math.min(letters.length - (letters.length % 4), Math.ceil(HEAD / 3) * 4));
  try {
    return Uint8Array.from(atob(whole), (each) => each.charCodeAt(0));
  } catch {
    return null;
  }
}

const says = (bytes: Uint8Array, at: number, word: string): boolean =>
  [...word].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

const ofPng: Reader = (view, bytes) =>
  says(bytes, 0, "\u0089PNG\r\n\u001a\n") && bytes.length >= 24 ? [view.getUint32(16), view.getUint32(20)] : null;

const ofGif: Reader = (view, bytes) =>
  says(bytes, 0, "GIF8") && bytes.length >= 10 ? [view.getUint16(6, true), view.getUint16(8, true)] : null;

const ofWebp: Reader = (view, bytes) => {
  if (!says(bytes, 0, "RIFF") || !says(bytes, 8, "WEBP") || bytes.length < 30) return null;
  if (says(bytes, 12, "VP8X")) return [1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(26, true) >>> 8)];
  if (says(bytes, 12, "VP8L")) {
    const packed = view.getUint32(21, true);
    return [1 + (packed & 0x3fff), 1 + ((packed >>> 14) & 0x3fff)];
  }
  return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
};

/** Each segment says how long it is; that of a frame is a mark `C0` to `CF` but for three of other use. */
const ofJpeg: Reader = (view, bytes) => {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const mark = bytes[at + 1] ?? 0;
    if (mark === 0xff) at++;
    else if (mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark))
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
};

/** The largest of the sizes that an AVIF names: of the picture, its tiles and its masks. */
const ofAvif: Reader = (view, bytes) => {
  if (!says(bytes, 4, "ftyp")) return null;
  let largest: Size | null = null;
  for (let at = bytes.indexOf(0x69); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf(0x69, at + 1))
    if (says(bytes, at, "ispe")) {
      const size: Size = [view.getUint32(at + 8), view.getUint32(at + 12)];
      if (!largest || size[0] * size[1] > largest[0] * largest[1]) largest = size;
    }
  return largest;
};
