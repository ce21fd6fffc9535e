/**
 * Markdown as elements: `marked` reads it into tokens, and these become text and elements of a few kinds. Markup within
 * it stays text, pictures are named and not loaded, links say where they lead, and items have the numbers they came
 * with.
 */

import { lexer, type Token, type Tokens } from "marked";
import { Fragment, type VNode } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { gapStyle, RoomContext, usePiece } from "../parts/room.ts";
import { isLight } from "../text/light.ts";
import { isHeavy, piecesOf } from "./markdown-pieces.ts";
import { markOf, saidTokens } from "./said-tokens.ts";

interface MarkdownProps {
  text: string;
  /** Words of ours, which are Markdown and nothing else. */
  isOwn?: boolean;
  /** What is drawn of a text that is too much to be read as Markdown. */
  plain?: VNode;
}

export default function Markdown({ text, isOwn = false, plain }: MarkdownProps): VNode {
  return plain && !isLight(text) ? plain : <Said text={text} isOwn={isOwn} />;
}

function Said({ text, isOwn }: { text: string; isOwn: boolean }): VNode {
  const isBounded = useContext(RoomContext) !== null;
  const pieces = useMemo(() => {
    const tokens = isOwn ? lexer(text) : saidTokens(text);
    return isBounded ? piecesOf(tokens) : [tokens];
  }, [text, isOwn, isBounded]);
  if (pieces.length === 1 && !pieces[0]?.some(isHeavy)) return <div class="cl-md">{all(pieces[0])}</div>;
  return (
    <div class="cl-md">
      {pieces.map((tokens, i) => (
        <MarkdownPiece key={i} tokens={tokens} />
      ))}
    </div>
  );
}

/** Some of a long text, which gives way as a whole. */
function MarkdownPiece({ tokens }: { tokens: readonly Token[] }): VNode {
  const { place, gap } = usePiece<HTMLDivElement>();
  return (
    <div ref={place} class="cl-md" {...gapStyle(gap)}>
      {gap === null && (tokens.some(isHeavy) ? <p class="cl-md-raw">{rawOf(tokens)}</p> : all(tokens))}
    </div>
  );
}

const rawOf = (tokens: readonly Token[]): string => tokens.map(({ raw }) => raw).join("");

const all = (tokens: readonly Token[] | undefined): (VNode | string)[] =>
  (tokens ?? []).map((token, i) => <Fragment key={i}>{drawn(token)}</Fragment>);

const DRAWERS: Readonly<Record<string, (token: never) => VNode | string>> = {
  heading: (token: Tokens.Heading) => (
    <p class="cl-md-head" dir="auto" role="heading" aria-level={Math.min(6, token.depth + 3)} data-depth={token.depth}>
      {all(token.tokens)}
    </p>
  ),
  paragraph: (token: Tokens.Paragraph) => <p dir="auto">{all(token.tokens)}</p>,
  blockquote: (token: Tokens.Blockquote) => <blockquote>{all(token.tokens)}</blockquote>,
  code: (token: Tokens.Code) => (
    <pre dir="ltr">
      <code>{token.text}</code>
    </pre>
  ),
  list: (token: Tokens.List) => {
    const items = token.items.map((item, i) => (
      <li key={i} dir="auto">
        {token.ordered && <span class="cl-md-number">{markOf(item)}</span>}
        {token.ordered && " "}
        {item.task && (item.checked ? "☑ " : "☐ ")}
        {all(item.tokens)}
      </li>
    ));
    return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
  },
  table: (token: Tokens.Table) => <Table token={token} />,
  hr: () => <hr />,
  space: () => "",
  checkbox: () => "",
  br: () => <br />,
  strong: (token: Tokens.Strong) => <strong>{all(token.tokens)}</strong>,
  em: (token: Tokens.Em) => <em>{all(token.tokens)}</em>,
  del: (token: Tokens.Del) => <s>{all(token.tokens)}</s>,
  codespan: (token: Tokens.Codespan) => <code>{token.text}</code>,
  link: (token: Tokens.Link) => <WebLink token={token} />,
  image: (token: Tokens.Image) => `[picture: ${token.text || token.href}]`,
  text: (token: Tokens.Text) => (token.tokens ? <span>{all(token.tokens)}</span> : token.text),
  html: (token: Tokens.HTML) => (token.block ? <p class="cl-md-raw">{token.raw.trimEnd()}</p> : token.raw),
};

const drawn = (token: Token): VNode | string => {
  const draw = Object.hasOwn(DRAWERS, token.type) ? DRAWERS[token.type] : undefined;
  return draw ? draw(token as never) : token.raw; // markup, and whatever a newer version reads: as it was written
};

function Table({ token }: { token: Tokens.Table }): VNode {
  return (
    <div class="cl-md-table">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, i) => (
              <th key={i} dir="auto">
                {all(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} dir="auto">
                  {all(cell.tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A log chooses the words of a link: where it leads stands beside them. What leads nowhere on the web is no link. */
function WebLink({ token }: { token: Tokens.Link }): VNode {
  const words = all(token.tokens);
  if (!/^https?:\/\//i.test(token.href)) return <>{token.raw}</>;
  return (
    <>
      <a href={token.href} target="_blank" rel="noopener noreferrer nofollow">
        {words}
      </a>
      {token.text !== token.href && (
        <span class="cl-muted">{` (${[hostOf(token.href), token.title].filter(Boolean).join(", ")})`}</span>
      )}
    </>
  );
}

function hostOf(href: string): string {
  try {
    return new URL(href).host;
  } catch {
    return href;
  }
}
