// Two links below what the server says of a name: show the value behind it, or copy it.
// They are all that a hover may do; what the server wrote is not trusted to do anything. Where it
// shows the value already, there is nothing to reveal.
import * as vscode from 'vscode';
import type { HoverMiddleware } from 'vscode-languageclient/node';
import { MASK } from './seen';
import { SCHEME } from './where';

/** What a link may do, one by one. */
const LINKS = ['envlsp.reveal', 'envlsp.copy'];

export const withLinks: NonNullable<HoverMiddleware['provideHover']> = async (document, at, token, next) => {
  const hover = await next(document, at, token);
  if (!hover || document.uri.scheme === SCHEME) {
    return hover;
  }
  const position = { line: at.line, character: at.character };
  const argument = encodeURIComponent(JSON.stringify([{ uri: document.uri.toString(), position }]));
  const [reveal, copy] = LINKS.map((command) => `command:${command}?${argument}`);
  const offered = isMasked(hover) ? `[Reveal](${reveal}) · [Copy](${copy})` : `[Copy](${copy})`;
  const links = new vscode.MarkdownString(offered);
  links.isTrusted = { enabledCommands: LINKS };
  return new vscode.Hover([...hover.contents, links], hover.range);
};

function isMasked({ contents }: vscode.Hover): boolean {
  return contents.some((part) => (typeof part === 'string' ? part : part.value).includes(MASK));
}
