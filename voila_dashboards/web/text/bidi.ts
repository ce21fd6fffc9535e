/** Characters that turn the direction of text around: in a name, they would rearrange what is beside it. */

const TURNING = /[\u202a-\u202e\u2066-\u2069]/;
const PARTS = new RegExp(`(${TURNING.source})`);
const EVERY = new RegExp(TURNING.source, "g");
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;

const OVERRIDING = /[\u202d\u202e]/;

/** Whether letters are made to run against their script: no language needs that, and it hides what is written. */
export const isOverriding = (text: string): boolean => OVERRIDING.test(text);

export const isTurning = (text: string): boolean => TURNING.test(text);

/** `text` in pieces: each turning character is one of its own. */
export const splitTurning = (text: string): string[] => text.split(PARTS).filter(Boolean);

/** `U+202E` */
export const codeOf = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`;

export const withTurningShown = (text: string): string => text.replace(EVERY, (each) => `[${codeOf(each)}]`);

/** Text for where only text can stand, as in a title; what runs from the right does not touch what is beside it. */
export function shownText(text: unknown): string {
  const plain = withTurningShown(String(text));
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}
