// Every verb in the palette: the list is the manifest's, and the server does the work and asks.
import * as vscode from 'vscode';
import manifest from '../package.json';
import { plain, tell } from './ask';
import type { Comparisons, Sides } from './compare';
import { copy, reveal, type Revealed } from './reveal';
import { pickRelease } from './rollback';
import type { Running } from './running';
import { spotOf } from './standing';
import { subject } from './where';

/** Commands of this extension alone; all others are verbs of the server. */
export const OWN = 'envlsp.ui.';
/** Verbs whose result is what was asked for; of the others a sentence is enough. */
const LOOKING =
  /^envlsp\.(status|log|list|members|peers|doctor|request|ci\.export|.*\.list|access\.(why|exposure))$/;
const POINTED = new Set(['envlsp.reveal', 'envlsp.copy']);

/** What the server says of a result: docs/lsp-extensions.md, "Commands". */
interface Words {
  readonly sentence: string;
  readonly rows: readonly Row[];
}

interface Row {
  readonly cells: readonly string[];
  /** Which list of the result it is from; of a row about all of it the first cell is but a title. */
  readonly of: string;
}

const SAID_MS = 10_000;
/** What the server is to ask for, though it would go by a default. */
const ASKED: Readonly<Record<string, Argument>> = {
  'envlsp.invite': { role: '?' },
  'envlsp.access.grant': { role: '?' },
  'envlsp.access.confirm': { who: '?' },
  'envlsp.protect': { with: '?' },
};

type Argument = Readonly<Record<string, unknown>>;

/** Do what a verb says; its result, where it is not shown already. */
type Verb = (argument: Argument) => Promise<object | undefined>;

export function registerCommands(running: Running, comparisons: Comparisons): vscode.Disposable {
  const verbs = manifest.contributes.commands.filter(({ command }) => !command.startsWith(OWN));
  const otherwise: Readonly<Record<string, Verb>> = {
    'envlsp.diff': (argument) => compare(running, comparisons, argument),
    'envlsp.rollback': (argument) => rollback(running, comparisons, argument),
  };
  const own: Readonly<Record<string, () => Promise<unknown>>> = {
    pushSome: () => pushSome(running),
    editNewest: () => editNewest(running),
    compareSides: async () => compare(running, comparisons, await argumentOf('', {})),
  };
  return vscode.Disposable.from(
    ...verbs.map(({ command, title }) => {
      const name = title.replace(/ …$/, '');
      const verb: Verb = otherwise[command] ?? ((argument) => running.run(command, argument, name));
      return vscode.commands.registerCommand(command, (given: unknown) => perform(verb, command, name, given));
    }),
    ...Object.entries(own).map(([name, work]) => vscode.commands.registerCommand(`${OWN}${name}`, () => told(work))),
  );
}

/** Do a piece of work; what goes wrong is shown. */
export async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    tell({ type: 1, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

async function perform(verb: Verb, command: string, title: string, given: unknown): Promise<unknown> {
  return told(async () => {
    const result = await verb(await argumentOf(command, given));
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
    ...ASKED[command],
    ...found,
    ...(uri === undefined ? {} : { uri }),
    ...(isPointed && editor !== undefined ? { position: placeOf(editor.selection.active) } : {}),
  };
}

/** Lay two sides beside each other: those that were given, those of a conflict, or the newest and the file. */
async function compare(running: Running, comparisons: Comparisons, argument: Argument): Promise<undefined> {
  const { uri, from, to } = argument as unknown as Sides;
  const spot = running.standing && spotOf(running.standing, uri);
  const [one, other] = spot?.environment?.conflicts.length ? spot.environment.releases : [];
  const isConflict = from === undefined && one !== undefined && other !== undefined;
  await comparisons.show(isConflict ? { uri, from: one, to: other } : { uri, ...(from && { from }), ...(to && { to }) });
}

async function rollback(running: Running, comparisons: Comparisons, argument: Argument): Promise<object | undefined> {
  const uri = String(argument['uri'] ?? '');
  const release = argument['release'] ?? (await pickRelease(running, comparisons, uri));
  return release === undefined ? undefined : running.run('envlsp.rollback', { uri, release }, 'Roll Back');
}

async function editNewest(running: Running): Promise<void> {
  const found = await running.run<{ uri: string }>('envlsp.show', await argumentOf('', {}));
  if (found !== undefined) {
    await vscode.window.showTextDocument(vscode.Uri.parse(found.uri), { preview: false });
  }
}

async function show(command: string, title: string, result: object): Promise<void> {
  if (command === 'envlsp.reveal') {
    reveal(result as Revealed);
  } else if (command === 'envlsp.copy') {
    await copy(result as Revealed);
  } else if (command === 'envlsp.show') {
    await vscode.window.showTextDocument(vscode.Uri.parse((result as { uri: string }).uri));
  } else if (command === 'envlsp.parse') {
    await vscode.commands.executeCommand('workbench.actions.view.problems');
  } else if (command === 'envlsp.refresh') {
    vscode.window.setStatusBarMessage('$(key) looked again', SAID_MS);
  } else if (LOOKING.test(command)) {
    const { sentence, rows } = wordsOf(result);
    await (rows.length > 0 ? look(title, rows) : vscode.window.showInformationMessage(`${title}: ${sentence}`));
  } else if (command.endsWith('.toggle')) {
    vscode.window.setStatusBarMessage(`$(key) ${plain(wordsOf(result).sentence)}`, SAID_MS);
  } else {
    const { sentence, rows } = wordsOf(result);
    void vscode.window.showInformationMessage(sentence, 'Details').then((more) => more && look(title, rows));
  }
}

/** Show rows to look through; the chosen one is copied, what it is about or what it says: it is no value. */
async function look(title: string, rows: readonly Row[]): Promise<void> {
  const found = rows.map(({ cells: [first = '', ...others], of }) => ({
    label: plain(first),
    description: plain(others.filter(Boolean).join(' · ')),
    text: of === '' ? others.join(' ') : first,
  }));
  const options = { title, matchOnDescription: true, placeHolder: 'Enter copies it' };
  const chosen = await vscode.window.showQuickPick(found, options);
  if (chosen !== undefined) {
    await vscode.env.clipboard.writeText(chosen.text);
  }
}

function wordsOf(result: object): Words {
  return (result as { said?: Words }).said ?? { sentence: '', rows: [] };
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
  if (items.length === 0) {
    tell({ type: 3, message: 'nothing differs from the newest release' });
    return;
  }
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
