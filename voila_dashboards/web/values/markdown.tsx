/**
 * Markdown as elements: `marked` reads it into tokens, and these become text and elements of a few kinds. Markup within
 * it stays text, pictures are named and not loaded, and links say where they lead.
 */

import { lexer, type Token, type Tokens } from "marked";
import { Fragment, type VNode } from "preact";
import { useMemo } from "preact/hooks";
import { isOverriding } from "../text/bidi.ts";

export default function Markdown({ text }: { text: string }): VNode {
  const tokens = useMemo(() => lexer(text), [text]);
  return <div class="cl-md">{all(tokens)}</div>;
}

const all = (tokens: readonly Token[] | undefined): (VNode | string)[] =>
  (tokens ?? []).map((token, i) => <Fragment key={i}>{shown(drawn(token))}</Fragment>);

/** Letters that are made to run against their script are shown: within an element, every text of which is looked at. */
const shown = (piece: VNode | string): VNode | string =>
  typeof piece === "string" && isOverriding(piece) ? <span>{piece}</span> : piece;

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
        {item.task && (item.checked ? "☑ " : "☐ ")}
        {all(item.tokens)}
      </li>
    ));
    return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
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
  escape: (token: Tokens.Escape) => token.text,
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

/** A log chooses the words of a link: where it leads stands beside them. */
function WebLink({ token }: { token: Tokens.Link }): VNode {
  const words = all(token.tokens);
  if (!/^https?:\/\//i.test(token.href))
    return (
      <>
        {words}
        {` (${token.href})`}
      </>
    );
  return (
    <>
      <a href={token.href} target="_blank" rel="noopener noreferrer nofollow">
        {words}
      </a>
      {token.text !== token.href && <span class="cl-muted">{` (${hostOf(token.href)})`}</span>}
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
