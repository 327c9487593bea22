// Two releases, or a release and the file, side by side: documents that the server has masked and
// marked, that are only looked at, and that nobody tells the server about.
import * as vscode from 'vscode';
import type { Running } from './running';

const SCHEME = 'envlsp-compare';

interface Compared {
  readonly old: string;
  readonly new: string;
  readonly changes: readonly { readonly name: string; readonly change: string }[];
  readonly old_text: string;
  readonly new_text: string;
}

/** What is compared: without `to` the file, and without `from` the newest release. */
export interface Sides {
  readonly uri: string;
  readonly from?: string;
  readonly to?: string;
}

/** What is shown. */
interface Shown {
  /** The names that differ. */
  readonly said: string;
  /** Puts it away. */
  readonly close: () => Promise<void>;
}

export class Comparisons implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly subscription: vscode.Disposable;
  private count = 0;

  constructor(private readonly running: Running) {
    this.subscription = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
    );
  }

  /** Show two sides; return what differs, or nothing where they are the same. */
  async show(sides: Sides): Promise<Shown | undefined> {
    const found = await this.running.run<Compared>('envlsp.diff', { ...sides, texts: true });
    if (found === undefined) {
      return undefined;
    }
    if (found.changes.length === 0 && found.old_text === found.new_text) {
      void vscode.window.showInformationMessage(`${found.old} and ${found.new} are the same.`);
      return undefined;
    }
    this.count += 1;
    const old = this.document(found.old, found.old_text);
    const now = this.document(found.new, found.new_text);
    const title = `${found.old} → ${found.new}, values masked`;
    await vscode.commands.executeCommand('vscode.diff', old, now, title, { preview: true });
    const names = ['changed', 'added', 'removed'].map((how) => [how, found.changes.filter(({ change }) => change === how)] as const);
    const said = names.filter(([, rows]) => rows.length > 0).map(([how, rows]) => `${how}: ${rows.map(({ name }) => name).join(', ')}`);
    return { said: said.join('; '), close: () => close(now) };
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private document(label: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${label}`, query: String(this.count) });
    this.texts.set(uri.toString(), text);
    return uri;
  }
}

async function close(shown: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs);
  const mine = tabs.filter(
    ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === shown.toString(),
  );
  await vscode.window.tabGroups.close(mine);
}
