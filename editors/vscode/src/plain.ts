// Gives what may be seen its colour. The grammar colours names, and nothing else visibly; the rest
// comes as tokens, not as decorations: when text is replaced, moved or undone, the editor drops the
// tokens that were on it at once, and a decoration would lie over whatever came in its place.
import * as vscode from 'vscode';
import { shown } from './covers';
import type { Masks } from './masks';
import { seen } from './seen';
import { COVERED } from './where';

/** Every theme has a colour for these. */
const LEGEND = new vscode.SemanticTokensLegend(['comment', 'string']);

export class Plain implements vscode.DocumentSemanticTokensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeSemanticTokens = this.changed.event;

  constructor(private readonly masks: Masks) {
    this.subscriptions = [
      masks.onDidChange(() => this.changed.fire()),
      vscode.languages.registerDocumentSemanticTokensProvider([...COVERED], this, LEGEND),
    ];
  }

  provideDocumentSemanticTokens(document: vscode.TextDocument): vscode.SemanticTokens {
    const tokens = new vscode.SemanticTokensBuilder(LEGEND);
    const rows = document.lineCount;
    const lines = this.masks.of(document)?.lines(rows, document.lineAt(rows - 1).text === '') ?? [];
    lines.forEach((line, row) => {
      const { text } = document.lineAt(row);
      const kind = text.trimStart().startsWith('#') ? 0 : 1;
      shown(line, text.length, seen(text)).forEach(([from, to]) => tokens.push(row, from, to - from, kind));
    });
    return tokens.build();
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }
}
