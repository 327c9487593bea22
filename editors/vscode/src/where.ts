// Which documents are ours, and which one a command is about.
import * as vscode from 'vscode';
import type { DocumentFilter } from 'vscode';
import { LANGUAGE } from './hiding';

export const SCHEME = 'envlsp';

const FILES = ['**/.env', '**/.env.*', '**/*.env'];
/** In any scheme: a file of an older commit, in a comparison, has the values as well. */
export const COVERED: readonly DocumentFilter[] = [
  { scheme: SCHEME },
  // A name in other letters, or one that a person told the editor to take for an env file's.
  { language: LANGUAGE },
  ...FILES.map((pattern) => ({ pattern })),
];
const CODE = ['python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact'];

/** What the server is told of. */
export const SERVED = [
  { scheme: SCHEME },
  ...FILES.map((pattern) => ({ scheme: 'file', pattern })),
  { scheme: 'file', language: LANGUAGE },
  { scheme: 'file', pattern: '**/ev.yaml' },
  ...CODE.map((language) => ({ scheme: 'file', language })),
];

export function isCovered(document: vscode.TextDocument): boolean {
  return vscode.languages.match(COVERED, document) > 0;
}

/** Return what a command is about where nothing says so: the document in front, else a folder. */
export async function subject(): Promise<vscode.Uri | undefined> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri !== undefined && (uri.scheme === 'file' || uri.scheme === SCHEME)) {
    return uri;
  }
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) {
    return (await vscode.window.showWorkspaceFolderPick())?.uri;
  }
  return folders[0]?.uri;
}
