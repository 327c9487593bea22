// Starts what the extension is made of: masks first, before anything is asked of the server.
import * as vscode from 'vscode';
import { Changes } from './changes';
import { OWN, registerCommands } from './commands';
import { Comparisons } from './compare';
import { keepContexts } from './contexts';
import { Documents } from './documents';
import { install } from './install';
import { Masks } from './masks';
import { keepNamed } from './named';
import { Plain } from './plain';
import { Releases } from './releases';
import { clearClipboard } from './reveal';
import { Running } from './running';
import { StatusItem } from './status';
import { registerCopying } from './waits';
import { SCHEME } from './where';

let stop: (() => Promise<void>) | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const masks = new Masks();
  const running = new Running(context, masks);
  const documents = new Documents(running);
  const comparisons = new Comparisons(running);
  stop = () => running.stop();
  context.subscriptions.push(
    masks,
    keepNamed(),
    running,
    documents,
    new Changes(masks),
    new Plain(masks),
    new StatusItem(running, masks),
    comparisons,
    new Releases(running, comparisons),
    keepContexts(running),
    registerCommands(running, comparisons),
    registerCopying(),
    vscode.workspace.registerFileSystemProvider(SCHEME, documents, { isCaseSensitive: true }),
    ...registerOwn(context, running),
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

function registerOwn(context: vscode.ExtensionContext, running: Running): vscode.Disposable[] {
  const id = context.extension.id;
  const own: Readonly<Record<string, () => unknown>> = {
    restart: () => running.restart(),
    install: async () => (await install(context, running.log)) && useInstalled(running),
    log: () => running.log.show(),
    settings: () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${id}`),
    firstSteps: () => vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#first`, false),
  };
  return Object.entries(own).map(([name, work]) => vscode.commands.registerCommand(`${OWN}${name}`, work));
}

/** Start what was installed just now; a path that was set before would be asked first. */
async function useInstalled(running: Running): Promise<void> {
  await vscode.workspace.getConfiguration('envlsp').update('path', undefined, vscode.ConfigurationTarget.Global);
  await running.restart();
}

export async function deactivate(): Promise<void> {
  await clearClipboard();
  await stop?.();
}
