// What menus, buttons and first words of the view depend on, told to the editor as it changes.
import * as vscode from 'vscode';
import type { Running } from './running';
import type { Standing } from './standing';

/** Return what a window is about: a project that is ready, else what the first one waits for. */
export function standingOf(standing: Standing | undefined): string {
  const found = standing?.projects.map((project) => project.standing) ?? [];
  return found.find((one) => one === 'ready') ?? found.find((one) => one !== 'no-project') ?? found[0] ?? '';
}

export function keepContexts(running: Running): vscode.Disposable {
  const known = new Map<string, unknown>();
  const set = (name: string, value: unknown): void => {
    if (known.get(name) !== value) {
      known.set(name, value);
      void vscode.commands.executeCommand('setContext', `envlsp.${name}`, value);
    }
  };
  const tell = (): void => {
    const { life, standing } = running;
    set('life', life);
    set('standing', standingOf(standing));
    set('presenting', standing?.presenting ?? false);
    set('conflicted', standing?.projects.some(({ environments }) => environments.some((one) => one.conflicts.length > 0)) ?? false);
    // A step of the walkthrough is ticked by what becomes true while its page is there, and by nothing before.
    if (isPageOpen()) {
      set('didRun', life === 'running');
      set('didJoin', standingOf(standing) === 'ready');
    }
  };
  tell();
  return vscode.Disposable.from(running.onDidChange(tell), vscode.window.tabGroups.onDidChangeTabs(tell));
}

/** Return whether a page is open that is no document: the walkthrough is one. */
function isPageOpen(): boolean {
  return vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => input === undefined));
}
