/**
 * Markdown as people and models write it in a chat: `marked` reads it, with line ends kept. What could also be meant as
 * it stands, such as `5*3*2`, `__init__`, `~10~` or `C:\_temp`, is left as it is: no letter, digit or sign is lost that
 * is not surely markup.
 */

import { getDefaults, Lexer, type Token, Tokenizer, type Tokens } from "marked";

/** A letter or digit of a script that puts spaces between words. */
const WORD = /[\p{L}\p{N}]/u;
const NO_SPACES =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const BEFORE = /^$|[\s([{"'“‘«„—–>|:;,!?¿¡_*~-]/u;
const AFTER = /^$|[\s)\]}"'”’»“—–<|:;,.!?…_*~-]/u;
/** What words that are stressed do not begin or end with: paths and patterns do. */
const ODD_BEGIN = /^[./\\,;:!?)\]}=+%&|<>-]/;
const ODD_END = /[/\\([{=+&|<>$#@-]$/;

const isSpaceless = (letter: string): boolean => NO_SPACES.test(letter);

/** Whether a piece between stars or low lines is meant to be stressed. */
function isStressed(inner: string, mark: string, before: string, after: string): boolean {
  if (before === mark[0] || after === mark[0] || ODD_BEGIN.test(inner) || ODD_END.test(inner)) return false;
  if (mark[0] === "_" && !/\s/.test(inner)) return false; // a name, such as __init__
  if (mark === "*" && !/\p{L}/u.test(inner)) return false; // a product, such as 5 *3* 2
  return (BEFORE.test(before) || isSpaceless(before)) && (AFTER.test(after) || isSpaceless(after));
}

/** Quotes of mails and models; not `>5`, `>= 5`, nor a prompt `>>> `. */
const QUOTE = /^ {0,3}>(?!>>)(?:> ?)*[ \t]*(?:$|\n|- |[^\s\d.,%€$£=<>&|+-])/;
/** One item that begins with a number may be a number with its sign; after a plus each may. */
const SIGNED = /^ {0,3}[-+*][ \t]+[\d.,€$£%]/;
const PLUS = /^ {0,3}\+[ \t]+[\d(]/;
const ITEM = /^ {0,3}[-+*][ \t]/;

const isSigned = (src: string): boolean =>
  PLUS.test(src) ||
  (SIGNED.test(src) &&
    !ITEM.test(
      src
        .split("\n", 3)
        .slice(1)
        .find((line) => line.trim()) ?? "",
    ));
/** Stars stand for what was masked, and lines for what is to be filled in. */
const BLANK = /^ {0,3}(\*{4,}|_{4,})/;

class SaidTokenizer extends Tokenizer {
  override emStrong(src: string, masked: string, prevChar = ""): Tokens.Em | Tokens.Strong | undefined {
    const token = super.emStrong(src, masked, prevChar);
    if (!token) return undefined;
    const mark = /^(\*+|_+)/.exec(token.raw)?.[0] ?? "*";
    const inner = token.raw.slice(mark.length, -mark.length);
    return isStressed(inner, mark, lastOf(prevChar), firstOf(src.slice(token.raw.length))) ? token : undefined;
  }

  override del(src: string, masked: string, prevChar = ""): Tokens.Del | undefined {
    return src.startsWith("~~") && !WORD.test(prevChar) ? super.del(src, masked, prevChar) : undefined;
  }

  /** A line below another is no head: people draw it below sums. */
  override lheading(): undefined {
    return undefined;
  }

  override hr(src: string): Tokens.Hr | undefined {
    return BLANK.test(src) ? undefined : super.hr(src);
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return QUOTE.test(src) ? super.blockquote(src) : undefined;
  }

  override list(src: string): Tokens.List | undefined {
    // To look before: what the list itself reads of its items cannot be taken back.
    return isSigned(src) ? undefined : super.list(src);
  }
}

const lastOf = (text: string): string => [...text.slice(-2)].at(-1) ?? "";
const firstOf = (text: string): string => [...text.slice(0, 2)].at(0) ?? "";

/** The tokens of a text that somebody said. */
export function saidTokens(text: string): Token[] {
  const options = { ...getDefaults(), breaks: true, tokenizer: new SaidTokenizer() };
  return new Lexer(options).lex(text).map((token) => (isWhole(token) ? token : asItStands(token)));
}

/** Whether every letter and digit of a block is drawn: a table, for one, drops cells that have no head. */
function isWhole(token: Token): boolean {
  return lettersOf(drawnOf(token)) === lettersOf(token.raw);
}

const asItStands = ({ raw }: Token): Token =>
  ({ type: "html", raw, text: raw, block: true, pre: false }) as Tokens.HTML;
const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, "");

type Cells = Pick<Tokens.Table, "header" | "rows">;

/** The text that is drawn of a token, and what of it is surely markup: languages of code, addresses of links. */
function drawnOf(token: Token): string {
  if (token.type === "list") return (token as Tokens.List).items.map(drawnOfItem).join("");
  if (token.type === "table") {
    const { header, rows } = token as Cells;
    return [header, ...rows]
      .flat()
      .map((cell) => drawnOfAll(cell.tokens))
      .join("");
  }
  if (token.type === "code") return drawnOfCode(token as Tokens.Code);
  if (token.type === "codespan") return (token as Tokens.Codespan).text;
  if (["link", "image", "html", "def", "escape"].includes(token.type)) return token.raw;
  if ("tokens" in token && token.tokens) return drawnOfAll(token.tokens);
  return token.type === "text"
    ? (token as Tokens.Text).text
    : ["space", "br", "hr", "checkbox"].includes(token.type)
      ? ""
      : token.raw;
}

/** The language that code is said to be in is markup; other words there, or without any code, are not. */
const drawnOfCode = ({ lang = "", text }: Tokens.Code): string =>
  text.trim() && /^[\w+#.-]*$/.test(lang) ? lang + text : text;

const drawnOfItem = (item: Tokens.ListItem): string =>
  (markOf(item) ?? "") + (item.task && item.checked ? "x" : "") + drawnOfAll(item.tokens);

const drawnOfAll = (tokens: readonly Token[]): string => tokens.map(drawnOf).join("");

/** The number that an item of a list has, as it was written: `3.`, `07)`; null where it has none. */
export const markOf = ({ raw }: Tokens.ListItem): string | null => /^\s*(\d+[.)])/.exec(raw)?.[1] ?? null;
