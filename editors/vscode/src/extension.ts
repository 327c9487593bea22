// Starts what the extension is made of: masks first, before anything is asked of the server.
import * as vscode from 'vscode';
import { Changes } from './changes';
import { OWN, registerCommands } from './commands';
import { Documents } from './documents';
import { Masks } from './masks';
import { Releases } from './releases';
import { clearClipboard } from './reveal';
import { Running } from './running';
import { StatusItem } from './status';
import { SCHEME } from './where';

let stop: (() => Promise<void>) | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const masks = new Masks();
  const running = new Running(context, masks);
  const documents = new Documents(running);
  stop = () => running.stop();
  context.subscriptions.push(
    masks,
    running,
    documents,
    new Changes(masks),
    new StatusItem(running, masks),
    new Releases(running),
    registerCommands(running),
    vscode.workspace.registerFileSystemProvider(SCHEME, documents, { isCaseSensitive: true }),
    vscode.commands.registerCommand(`${OWN}restart`, () => running.restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void running.get()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('envlsp.path')) {
        void running.restart();
      }
    }),
  );
  if (vscode.workspace.isTrusted) {
    void running.get();
  }
}

export async function deactivate(): Promise<void> {
  await clearClipboard();
  await stop?.();
}
