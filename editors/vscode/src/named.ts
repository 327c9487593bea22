// Env files whose names do not say so: the server tells which ones `ev.yaml` gives to an environment.
// Such a document gets the language that `.env` has by its name, and everything else follows from that.
import * as vscode from 'vscode';

const LANGUAGE = 'dotenv';
const REMEMBERED = 'envlsp/files';

/** The parameters of `envlsp/files`. */
export interface Files {
  readonly uris: readonly string[];
}

let memory: vscode.Memento | undefined;
let paths: ReadonlySet<string> = new Set();

/** Take what the server named when the workspace was open last, until it names others. */
export function keepNamed(state: vscode.Memento): vscode.Disposable {
  memory = state;
  take(state.get<readonly string[]>(REMEMBERED, []));
  return vscode.workspace.onDidOpenTextDocument(cover);
}

/** Take what the server names. */
export function onFiles({ uris }: Files): void {
  void memory?.update(REMEMBERED, uris);
  take(uris);
}

function take(uris: readonly string[]): void {
  paths = new Set(uris.map((uri) => vscode.Uri.parse(uri).path));
  vscode.workspace.textDocuments.forEach(cover);
}

/** In any scheme: a file of an older commit, in a comparison, has the values as well. */
function cover(document: vscode.TextDocument): void {
  if (paths.has(document.uri.path) && document.languageId !== LANGUAGE) {
    void vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  }
}
