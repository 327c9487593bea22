// Every verb in the palette: the list is the manifest's, and the server does the work and asks.
import * as vscode from 'vscode';
import manifest from '../package.json';
import { plain } from './ask';
import { copy, reveal, type Revealed } from './reveal';
import { rows, sentence } from './rows';
import type { Running } from './running';
import { subject } from './where';

/** Commands of this extension alone; all others are verbs of the server. */
export const OWN = 'envlsp.ui.';
/** Verbs whose result is what was asked for; of the others a sentence is enough. */
const LOOKING =
  /^envlsp\.(status|log|diff|list|members|peers|doctor|parse|request|ci\.export|.*\.list|access\.(why|exposure))$/;
const POINTED = new Set(['envlsp.reveal', 'envlsp.copy']);

type Argument = Readonly<Record<string, unknown>>;

export function registerCommands(running: Running): vscode.Disposable {
  const verbs = manifest.contributes.commands.filter(({ command }) => !command.startsWith(OWN));
  return vscode.Disposable.from(
    ...verbs.map(({ command, title }) =>
      vscode.commands.registerCommand(command, (given: unknown) => perform(running, command, title, given)),
    ),
    vscode.commands.registerCommand(`${OWN}pushSome`, () => told(() => pushSome(running))),
  );
}

/** Do a piece of work; what goes wrong is shown. */
export async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function perform(running: Running, command: string, title: string, given: unknown): Promise<unknown> {
  return told(async () => {
    const argument = await argumentOf(command, given);
    const result = await running.run<object>(command, argument);
    if (result !== undefined) {
      await show(command, title, result);
    }
    return POINTED.has(command) ? undefined : result;
  });
}

/** Return what a command is about: what it was given, a row of the tree, or the document in front. */
async function argumentOf(command: string, given: unknown): Promise<Argument> {
  if (given instanceof vscode.Uri) {
    return { uri: given.toString() };
  }
  const argument = (isFields(given) && isFields(given['argument']) ? given['argument'] : given) as unknown;
  const found: Argument = isFields(argument) ? argument : {};
  const uri = found['uri'] ?? (await subject())?.toString();
  const editor = vscode.window.activeTextEditor;
  const isPointed = POINTED.has(command) && found['name'] === undefined && found['position'] === undefined;
  return {
    ...found,
    ...(uri === undefined ? {} : { uri }),
    ...(isPointed && editor !== undefined ? { position: placeOf(editor.selection.active) } : {}),
  };
}

async function show(command: string, title: string, result: object): Promise<void> {
  if (command === 'envlsp.reveal') {
    reveal(result as Revealed);
  } else if (command === 'envlsp.copy') {
    await copy(result as Revealed);
  } else if (command === 'envlsp.show') {
    await vscode.window.showTextDocument(vscode.Uri.parse((result as { uri: string }).uri));
  } else if (LOOKING.test(command)) {
    await look(title, result);
  } else if (!command.endsWith('.toggle')) {
    const said = `${title}: ${sentence(result) || 'done'}`;
    void vscode.window.showInformationMessage(said, 'Details').then((more) => more && look(title, result));
  }
}

/** Show a result in rows; the one that is chosen is copied, for there is no value in it. */
async function look(title: string, result: object): Promise<void> {
  const found = rows(result).map(({ label, description, detail }) => ({
    label: plain(label),
    description: plain(description),
    detail: plain(detail),
    text: label,
  }));
  const options = { title, matchOnDescription: true, placeHolder: 'Enter copies the word' };
  const chosen = await vscode.window.showQuickPick(found, options);
  if (chosen !== undefined) {
    await vscode.env.clipboard.writeText(chosen.text);
  }
}

async function pushSome(running: Running): Promise<void> {
  const uri = (await subject())?.toString();
  type Drift = Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>;
  const found = await running.run<Drift>('envlsp.status', { uri });
  if (found === undefined) {
    return;
  }
  const rowsOf = (how: keyof Drift) => found[how].map((label) => ({ label, description: how }));
  const items = [...rowsOf('added'), ...rowsOf('changed'), ...rowsOf('removed')];
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: 'Push which names?' });
  if (chosen !== undefined && chosen.length > 0) {
    const only = chosen.map(({ label }) => label);
    await vscode.commands.executeCommand('envlsp.push', { uri, only });
  }
}

function placeOf({ line, character }: vscode.Position): { line: number; character: number } {
  return { line, character };
}

function isFields(value: unknown): value is Argument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
