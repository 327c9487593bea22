// Where the program is: as it was set, in the extension, on PATH, or where uv and pipx put it.
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';

const PROGRAM = process.platform === 'win32' ? 'envlsp.exe' : 'envlsp';

/** Return the path of the program; undefined where it is not on this machine. */
export async function findServer(context: vscode.ExtensionContext): Promise<string | undefined> {
  const set = vscode.workspace.getConfiguration('envlsp').get<string>('path', '').trim();
  if (set !== '') {
    return (await runs(set)) ? set : undefined;
  }
  const folders = [
    context.asAbsolutePath(join('bundled', 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    join(homedir(), '.local', 'bin'),
  ];
  for (const folder of folders) {
    const path = join(folder, PROGRAM);
    if (await runs(path)) {
      return path;
    }
  }
  return undefined;
}

/** Say that the program is missing, and offer what helps. */
export async function sayMissing(): Promise<void> {
  const how = 'How to Install It';
  const path = 'Set Its Path';
  const said = 'envlsp is not installed on this machine. Values stay covered; nothing else works without it.';
  const chosen = await vscode.window.showErrorMessage(said, how, path);
  if (chosen === how) {
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'envlsp.envlsp#first', false);
  } else if (chosen === path) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'envlsp.path');
  }
}

async function runs(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
