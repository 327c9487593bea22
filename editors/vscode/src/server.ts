// Where the program is: as it was set, as the extension installed it, on PATH, or where uv and
// pipx put it. Says so where it is nowhere, and where it is too old to be talked to.
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import manifest from '../package.json';
import { installed } from './install';

const PROGRAM = process.platform === 'win32' ? 'envlsp.exe' : 'envlsp';

/** Where it looked, and what it found. */
export interface Found {
  readonly path: string | undefined;
  /** The setting named a program that is not there. */
  readonly isSetWrong: boolean;
}

export async function findServer(context: vscode.ExtensionContext): Promise<Found> {
  const set = vscode.workspace.getConfiguration('envlsp').get<string>('path', '').trim();
  if (set !== '') {
    const path = set.replace(/^~(?=[/\\])/, homedir());
    return (await runs(path)) ? { path, isSetWrong: false } : { path: undefined, isSetWrong: true };
  }
  // A folder that is no whole path would be one of the workspace: what lies there is not ours to run.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), '.local', 'bin')];
  const paths = folders.filter(isAbsolute).map((folder) => join(folder, PROGRAM));
  for (const path of [installed(context), ...paths]) {
    if (await runs(path)) {
      return { path, isSetWrong: false };
    }
  }
  return { path: undefined, isSetWrong: false };
}

/** Say that the program is missing, and offer what helps. */
export async function sayMissing({ isSetWrong }: Found): Promise<void> {
  const said = isSetWrong
    ? 'The program that the setting envlsp.path names is not there, or cannot be run.'
    : 'The program envlsp is not installed on this machine. Values stay covered; nothing else works without it.';
  await offer(said, isSetWrong ? [SET, INSTALL] : [INSTALL, HOW, SET]);
}

/** Say that the program is older than this extension, where it is. */
export async function checkVersion(path: string, version: string | undefined): Promise<void> {
  if (isOlder(version ?? '0', manifest.version)) {
    const said = `The program at ${path} is envlsp ${version ?? 'of no known version'}, and this extension needs`;
    await offer(`${said} ${manifest.version}. Some of what you see may be missing until it is updated.`, [INSTALL, HOW, SET]);
  }
}

const INSTALL = 'Install It Here';
const HOW = 'How to Install It';
const SET = 'Set Its Path';
const DOES: Readonly<Record<string, readonly [string, ...unknown[]]>> = {
  [INSTALL]: ['envlsp.ui.install'],
  [HOW]: ['envlsp.ui.firstSteps'],
  [SET]: ['workbench.action.openSettings', 'envlsp.path'],
};

async function offer(said: string, buttons: readonly string[]): Promise<void> {
  const chosen = await vscode.window.showErrorMessage(said, ...buttons);
  const [command, ...rest] = DOES[chosen ?? ''] ?? [];
  if (command !== undefined) {
    await vscode.commands.executeCommand(command, ...rest);
  }
}

/** Return whether a version comes before another, by its first two numbers: the third only mends. */
export function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

async function runs(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
