// A value that the person asked for: in a list that closes by itself, or in the clipboard for as
// long as the server says. It is in no log, no message and no document.
import * as vscode from 'vscode';
import { plain } from './ask';

export interface Revealed {
  readonly name: string;
  readonly value: string;
  readonly expires_s: number;
}

export function reveal({ name, value, expires_s }: Revealed): void {
  const list = vscode.window.createQuickPick();
  list.title = name;
  list.placeholder = `Closes after ${expires_s} seconds`;
  list.items = value.split(/\r\n|\r|\n/).map((line) => ({ label: plain(line), alwaysShow: true }));
  const timer = setTimeout(() => list.hide(), expires_s * 1000);
  list.onDidAccept(() => list.hide());
  list.onDidHide(() => {
    clearTimeout(timer);
    list.items = [];
    list.dispose();
  });
  list.show();
}

let clear: (() => Promise<void>) | undefined;

export async function copy({ name, value, expires_s }: Revealed): Promise<void> {
  await vscode.env.clipboard.writeText(value);
  vscode.window.setStatusBarMessage(`${name} is in the clipboard for ${expires_s} seconds`, expires_s * 1000);
  const mine = async (): Promise<void> => {
    if (clear === mine) {
      clear = undefined;
    }
    if ((await vscode.env.clipboard.readText()) === value) {
      await vscode.env.clipboard.writeText('');
    }
  };
  clear = mine;
  setTimeout(() => void mine(), expires_s * 1000);
}

/** Take a value out of the clipboard before its time: the editor closes. */
export async function clearClipboard(): Promise<void> {
  await clear?.();
}
