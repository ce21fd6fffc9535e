/** Which texts are read as Markdown in a moment: what holds up the page, or is too many elements, is shown as text. */

/**
 * What a reader of Markdown holds up a page for: it looks from each mark of a paragraph at all the others. And what it
 * makes of a text is an element for each line that begins something, for marks and for cells.
 */
const LONGEST_MARKDOWN = 20_000;
const MOST_ELEMENTS = 2500;
const MOST_MARKS_OF_PARAGRAPH = 300;
const MARK = /[*_~`[\]<>!|]/g;
const BEGINS_ANEW = /^\s*($|[-*+>|#]|\d+[.)])/;

/** Whether a text is read as Markdown in a moment, and as few elements, whoever wrote it. */
export function isLight(text: string): boolean {
  if (text.length > LONGEST_MARKDOWN) return false;
  let [elements, ofParagraph] = [0, 0];
  for (const line of text.split("\n")) {
    const marks = line.match(MARK)?.length ?? 0;
    const isNew = BEGINS_ANEW.test(line);
    elements += marks + Number(isNew);
    ofParagraph = isNew ? marks : ofParagraph + marks;
    if (elements > MOST_ELEMENTS || ofParagraph > MOST_MARKS_OF_PARAGRAPH) return false;
  }
  return true;
}
