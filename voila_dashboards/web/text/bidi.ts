/**
 * Characters that would hide what a text says: those that turn its direction around, in a name also that of what is
 * beside it, and those that nobody sees. What scripts and emoji are written with is ordinary, and stays as it is.
 */

// What nobody sees: what Unicode says to ignore where it is not supported, controls, and ends of lines of its own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSEEN = /[\p{DI}\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb]/u;
/** Letters of scripts that join them, or write them around each other: joiners tell how. */
const JOINED = [
  "\u0600-\u086f\u08a0-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc",
  "\u{10a00}-\u{10fff}\u{11000}-\u{11fff}\u{1e900}-\u{1e95f}",
].join("");
/** Letters of scripts that are written without spaces: where a line may end is told within them. */
const SPACELESS = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u1950-\u1aaf";
/** Flags of England, Scotland and Wales: a flag, and letters that nobody sees. */
const FLAGS = [
  "\\u{1f3f4}\\u{e0067}\\u{e0062}",
  "(?:\\u{e0065}\\u{e006e}\\u{e0067}|\\u{e0073}\\u{e0063}\\u{e0074}|\\u{e0077}\\u{e006c}\\u{e0073})\\u{e007f}",
].join("");
const ORDINARY = [
  FLAGS,
  "(?<=\\p{Emoji}(?<![\\d#*]))[\\ufe0e\\ufe0f]",
  "(?<=[\\d#*])\\ufe0f(?=\\u20e3)",
  "(?<=\\p{ExtPict}\\ufe0f?|\\p{EMod})\\u200d(?=\\p{ExtPict})",
  `(?<=[${JOINED}])[\\u200c\\u200d](?!\\p{DI})|(?<!\\p{DI})[\\u200c\\u200d](?=[${JOINED}])`,
  `(?<=[${SPACELESS}])\\u200b(?=[${SPACELESS}])`,
  "(?<=\\p{sc=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]",
  "(?<=[\\u1810-\\u18aa])[\\u180b-\\u180f]",
].join("|");
// What comes first is looked for at every letter, the rest only where it is.
const EVERY = new RegExp(`(?=${UNSEEN.source}|\\u{1f3f4})(?:${ORDINARY}|(${UNSEEN.source}))`, "gu");

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;
/** What is written with letters from the right, to put numbers and signs where they belong. */
const MARK = /[\u061c\u200e\u200f]/;
const OVERRIDING = /[\u202d\u202e]/;
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Whether letters are made to run against their script: no language needs that, and it hides what is written. */
export const isOverriding = (text: string): boolean => OVERRIDING.test(text);

/** Whether a character turns the direction of text around. */
export const isTurning = (character: string): boolean => TURNING.test(character);

/**
 * `text` in pieces: at odd places what hides something, one character or a long run of them, at even ones what is
 * beside it, which may be empty. `isProse`: what turns text around is left to do so, as in a text that is written from
 * the right, unless letters run against their script.
 */
export function splitHiding(text: string, isProse = false): string[] {
  if (!UNSEEN.test(text)) return [text];
  const isLeft = isProse && !isOverriding(text) ? TURNING : RIGHT_TO_LEFT.test(text) ? MARK : null;
  const pieces: string[] = [];
  let end = 0;
  for (const { 0: found, 1: hiding, index } of text.matchAll(EVERY)) {
    if (!hiding || isLeft?.test(found)) continue;
    pieces.push(text.slice(end, index), found);
    end = index + found.length;
  }
  return withRuns([...pieces, text.slice(end)]);
}

/** Longer runs of what nobody sees are one piece. */
const LONG_RUN = 4;

function withRuns(pieces: readonly string[]): string[] {
  const joined: string[] = [];
  let run: string[] = [];
  const end = (beside: string) => {
    joined.push(...(run.length > LONG_RUN ? [run.join("")] : run.flatMap((each, i) => (i ? ["", each] : [each]))));
    joined.push(beside);
    run = [];
  };
  pieces.forEach((piece, i) => {
    if (i % 2) run.push(piece);
    else if (piece || i === 0 || i === pieces.length - 1) end(piece);
  });
  return joined;
}

/** `U+202E`; of a run, its first one and how many there are. */
export function codeOf(hiding: string): string {
  const [first = ""] = hiding;
  const code = `U+${(first.codePointAt(0) ?? 0).toString(16).toUpperCase()}`;
  const more = [...hiding].length - 1;
  return more ? `${code} … ${more + 1}` : code;
}

/** What letters a run of them stands for, where each is one of ASCII that nobody sees; else nothing. */
export const taggedText = (hiding: string): string =>
  Array.from(hiding, (each) => (each >= "\u{e0020}" && each <= "\u{e007e}" ? untagged(each) : "")).join("");

const TAGS = 0xe0000;
const untagged = (letter: string): string => String.fromCodePoint((letter.codePointAt(0) ?? TAGS) - TAGS);

/** Text for where only text can stand, as in a title: the codes of what hides something are written out. */
export const withHiddenShown = (text: string): string =>
  splitHiding(text)
    .map((piece, i) => (i % 2 ? written(piece) : piece))
    .join("");

const written = (hiding: string): string => `[${codeOf(hiding)}${taggedText(hiding) && `: ${taggedText(hiding)}`}]`;

/** The same where what runs from the right may not touch what is beside it. */
export function shownText(text: unknown): string {
  const plain = withHiddenShown(String(text));
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}
