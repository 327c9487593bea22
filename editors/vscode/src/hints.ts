// A hint at the end of a covered line stands beside the dots. The editor would put the room that it
// leaves before a hint in front of them, between name and value: there the room is in the hint.
import * as vscode from 'vscode';
import type { InlayHintsMiddleware } from 'vscode-languageclient/node';
import { isCovered } from './where';

const ROOM = '\u00a0';

export const besideDots: NonNullable<InlayHintsMiddleware['provideInlayHints']> = async (document, range, token, next) => {
  const hints = await next(document, range, token);
  return isCovered(document) ? hints?.map(roomInside) : hints;
};

function roomInside(hint: vscode.InlayHint): vscode.InlayHint {
  if (hint.paddingLeft === true && typeof hint.label === 'string') {
    hint.label = ROOM + hint.label;
    hint.paddingLeft = false;
  }
  return hint;
}
