// Documents of the team, which are never on disk: read as the server shows them, masked, and
// saving one makes a release. Spec: docs/lsp-extensions.md, "Documents of the team".
import * as vscode from 'vscode';
import type { Running } from './running';
import { SCHEME } from './where';

interface Shown {
  readonly text: string;
  readonly at: number;
}

/** The editor does not read what it is saving. */
const SAVED_MS = 200;

export class Documents implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly shown = new Map<string, Shown>();
  private readonly written = new Set<string>();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly running: Running) {
    this.subscription = running.onDidChange(() => this.lookAgain());
  }

  /** Tell of a document as it was before, right after it was saved: so the editor reads the release it became. */
  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const before = this.written.delete(uri.toString()) ? this.shown.get(uri.toString()) : undefined;
    const { text, at } = before ?? (await this.load(uri));
    const stat = { type: vscode.FileType.File, ctime: 0, mtime: at, size: Buffer.byteLength(text) };
    return isOlder(uri) ? { ...stat, permissions: vscode.FilePermission.Readonly } : stat;
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.load(uri)).text);
  }

  /** Make a release of the document as the server knows it: the text is its already. */
  async writeFile(uri: vscode.Uri): Promise<void> {
    if (isOlder(uri)) {
      throw vscode.FileSystemError.NoPermissions('an older release is only looked at');
    }
    const made = await this.ask('envlsp.save', uri);
    if (made === undefined) {
      throw vscode.FileSystemError.Unavailable('nothing was saved');
    }
    this.written.add(uri.toString());
    setTimeout(() => this.lookAgain(), SAVED_MS);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  delete(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  dispose(): void {
    vscode.Disposable.from(this.subscription, this.changed).dispose();
  }

  private async load(uri: vscode.Uri): Promise<Shown> {
    const found = await this.ask<{ text: string }>('envlsp.show', uri);
    if (found === undefined) {
      throw vscode.FileSystemError.Unavailable('the server is not running');
    }
    const before = this.shown.get(uri.toString());
    const now = before?.text === found.text ? before : { text: found.text, at: Date.now() };
    this.shown.set(uri.toString(), now);
    return now;
  }

  private async ask<T>(command: string, uri: vscode.Uri): Promise<T | undefined> {
    try {
      return await this.running.run<T>(command, { uri: uri.toString() });
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(error instanceof Error ? error.message : String(error));
    }
  }

  /** Have the editor read the newest releases anew; what is being edited it leaves alone. */
  private lookAgain(): void {
    const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === SCHEME && !isOlder(uri));
    if (open.length > 0) {
      this.changed.fire(open.map(({ uri }) => ({ type: vscode.FileChangeType.Changed, uri })));
    }
  }
}

function isOlder(uri: vscode.Uri): boolean {
  return uri.path.includes('@');
}
