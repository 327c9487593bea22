// The item in the status bar, and its menu.
import * as vscode from 'vscode';
import { plain } from './ask';
import { OWN } from './commands';
import type { Masks } from './masks';
import { behind, lost, menu, type Entry } from './menu';
import type { Running } from './running';
import { line, spotOf, type Spot } from './standing';

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('envlsp', vscode.StatusBarAlignment.Left, 10);
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly running: Running,
    private readonly masks: Masks,
  ) {
    this.item.name = 'envlsp';
    this.item.command = `${OWN}menu`;
    this.subscription = vscode.Disposable.from(
      running.onDidChange(() => this.draw()),
      masks.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.commands.registerCommand(`${OWN}menu`, () => this.menu()),
    );
    this.draw();
  }

  dispose(): void {
    vscode.Disposable.from(this.subscription, this.item).dispose();
  }

  private draw(): void {
    const { life, standing } = this.running;
    const { spot, ahead } = this.place();
    const text = lost(life) ?? (standing && line(standing, spot, ahead));
    if (text === undefined) {
      this.item.hide();
      return;
    }
    this.item.text = text;
    this.item.tooltip = behind(life, standing, spot, ahead).join('\n') || 'envlsp';
    const isAlarm = ['missing', 'failed'].includes(life) || (spot?.project.alarms.length ?? 0) > 0;
    this.item.backgroundColor = isAlarm ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.accessibilityInformation = { label: text.replace(/\$\(([a-z-]+)\)/g, ' ').trim() };
    this.item.show();
  }

  /** Return what is in front, and how many names of it nobody pushed yet. */
  private place(): { spot: Spot | undefined; ahead: number } {
    const { standing } = this.running;
    const document = vscode.window.activeTextEditor?.document;
    const spot = standing && spotOf(standing, document?.uri.toString());
    const drift = document && this.masks.of(document);
    const mine = drift?.changes.filter(({ change }) => change === 'added' || change === 'changed') ?? [];
    return { spot, ahead: mine.length + (drift?.removed.length ?? 0) };
  }

  private async menu(): Promise<void> {
    const { life, standing } = this.running;
    const { spot, ahead } = this.place();
    const rows = menu(life, standing, spot, ahead).map(row);
    const chosen = await vscode.window.showQuickPick(rows, { title: 'envlsp', matchOnDescription: true });
    if (chosen?.command !== undefined) {
      await vscode.commands.executeCommand(chosen.command);
    }
  }
}

function row({ label, description, command }: Entry): vscode.QuickPickItem & { command?: string } {
  if (command === undefined) {
    return { label: plain(label), kind: vscode.QuickPickItemKind.Separator };
  }
  return { label, command, ...(description !== undefined && { description: plain(description) }) };
}
