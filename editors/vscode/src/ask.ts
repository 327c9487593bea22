// What the server asks the person: a line of text, which of several, yes or no. A question stays
// until it is answered or put away; what is told can be read to its end. Spec: docs/lsp-extensions.md, "envlsp/input" and those after it.
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

export interface YesOrNo {
  readonly title: string;
  readonly lines: readonly string[];
}

interface Answer<T> {
  readonly value: T | null;
}

export async function input(question: Question, token: vscode.CancellationToken): Promise<Answer<string>> {
  const { title, value, password } = question;
  const given = await vscode.window.showInputBox({ title, value, password, ignoreFocusOut: true }, token);
  return { value: given ?? null };
}

export async function pick({ title, items }: Choice, token: vscode.CancellationToken): Promise<Answer<string>> {
  const rows = items.map(({ value, label, detail }) => ({ value, label: plain(label), detail: plain(detail) }));
  const options = { title, ignoreFocusOut: true, matchOnDetail: true };
  const chosen = await vscode.window.showQuickPick(rows, options, token);
  return { value: chosen?.value ?? null };
}

/** Ask by a dialog: a message with buttons would go away by itself. */
export async function confirm({ title, lines }: YesOrNo): Promise<Answer<boolean>> {
  const yes: vscode.MessageItem = { title: 'Yes' };
  const no: vscode.MessageItem = { title: 'No', isCloseAffordance: true };
  const options = { modal: true, detail: lines.join('\n\n') };
  const chosen = await vscode.window.showInformationMessage(title, options, yes, no);
  return { value: chosen === undefined ? null : chosen === yes };
}

/** What the server tells. */
export interface Message {
  /** 1 for an error, 2 for a warning. */
  readonly type: number;
  readonly message: string;
}

/** As much as one line of a message has room for: what is longer is cut off, unless there is a button. */
const LINE_CHARS = 50;

export function tell({ type, message }: Message): void {
  const { showErrorMessage, showWarningMessage, showInformationMessage } = vscode.window;
  const show = type === 1 ? showErrorMessage : type === 2 ? showWarningMessage : showInformationMessage;
  void (message.length > LINE_CHARS ? show(message, 'OK') : show(message));
}

/** Return text for a label, where `$(name)` would be drawn as an icon. */
export function plain(text: string): string {
  return text.replaceAll('$(', '\\$(');
}
