// Env files whose names do not say so: the server tells which ones `ev.yaml` gives to an environment.
// Such a document gets the language that `.env` has by its name, and everything else follows from that.
import * as vscode from 'vscode';

const LANGUAGE = 'dotenv';

/** The parameters of `envlsp/files`. */
export interface Files {
  readonly uris: readonly string[];
}

let paths: ReadonlySet<string> = new Set();

/** Cover what is opened of the files that were named until then. */
export function keepNamed(): vscode.Disposable {
  return vscode.workspace.onDidOpenTextDocument(cover);
}

/** Take what the server names. */
export function onFiles({ uris }: Files): void {
  paths = new Set(uris.map((uri) => vscode.Uri.parse(uri).path));
  vscode.workspace.textDocuments.forEach(cover);
}

/** In any scheme: a file of an older commit, in a comparison, has the values as well. */
function cover(document: vscode.TextDocument): void {
  if (paths.has(document.uri.path) && document.languageId !== LANGUAGE) {
    void vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  }
}
