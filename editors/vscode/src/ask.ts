// What the server asks the person: a line of text, or which of several.
// Spec: docs/lsp-extensions.md, "envlsp/input" and "envlsp/pick".
import * as vscode from 'vscode';

export interface Question {
  readonly title: string;
  readonly value: string;
  readonly password: boolean;
}

export interface Choice {
  readonly title: string;
  readonly items: readonly { readonly value: string; readonly label: string; readonly detail: string }[];
}

interface Answer {
  readonly value: string | null;
}

export async function input(question: Question, token: vscode.CancellationToken): Promise<Answer> {
  const { title, value, password } = question;
  const given = await vscode.window.showInputBox({ title, value, password, ignoreFocusOut: true }, token);
  return { value: given ?? null };
}

export async function pick({ title, items }: Choice, token: vscode.CancellationToken): Promise<Answer> {
  const rows = items.map(({ value, label, detail }) => ({ value, label: plain(label), detail: plain(detail) }));
  const options = { title, ignoreFocusOut: true, matchOnDetail: true };
  const chosen = await vscode.window.showQuickPick(rows, options, token);
  return { value: chosen?.value ?? null };
}

/** Return text for a label, where `$(name)` would be drawn as an icon. */
export function plain(text: string): string {
  return text.replaceAll('$(', '\\$(');
}
