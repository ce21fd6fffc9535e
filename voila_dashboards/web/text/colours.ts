/** What a text tells a terminal: colours, places, links; and steps back, to write over what is there. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told begins with one
const TERMINAL = /\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

export const hasColours = (text: string): boolean => text.search(TERMINAL) >= 0;

/** `text` without what tells a terminal colours, places and links. */
export const withoutColours = (text: string): string => text.replace(TERMINAL, "");

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const OVERWRITING = /\r(?![\r\n]|$)|[\b]|\u001b\[\d*[ADG]/;

/** Whether a text goes back to where it has written already, as a line of progress does on a terminal. */
export const overwrites = (text: string): boolean => OVERWRITING.test(text);
