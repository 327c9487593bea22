// A coloured edge for each line that differs from the newest release, as the server tells.
import * as vscode from 'vscode';
import type { Masks } from './masks';

const COLOURS: Readonly<Record<string, string>> = {
  added: 'editorGutter.addedBackground',
  changed: 'editorGutter.modifiedBackground',
  behind: 'charts.blue',
  'removed-there': 'editorGutter.deletedBackground',
  diverged: 'charts.orange',
  conflicted: 'editorError.foreground',
};

export class Changes implements vscode.Disposable {
  private readonly types = Object.entries(COLOURS).map(([change, colour]) => ({ change, type: edged(colour) }));
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly masks: Masks) {
    this.subscriptions = [
      masks.onDidChange(() => this.drawVisible()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.drawVisible()),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, ...this.types.map(({ type }) => type)).dispose();
  }

  private drawVisible(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const changes = this.masks.of(editor.document)?.changes;
      for (const { change, type } of changes === undefined ? [] : this.types) {
        const lines = (changes ?? []).filter((one) => one.change === change && one.line < editor.document.lineCount);
        editor.setDecorations(
          type,
          lines.map(({ line }) => editor.document.lineAt(line).range),
        );
      }
    }
  }
}

function edged(colour: string): vscode.TextEditorDecorationType {
  const color = new vscode.ThemeColor(colour);
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderStyle: 'solid',
    borderWidth: '0 0 0 3px',
    borderColor: color,
    overviewRulerColor: color,
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
}
