// The item in the status bar, and its menu.
import * as vscode from 'vscode';
import { OWN } from './commands';
import type { Masks } from './masks';
import type { Running } from './running';
import { line, spotOf } from './standing';

const MENU: readonly (readonly [string, string])[] = [
  ['$(cloud-upload) Push', 'envlsp.push'],
  ['$(checklist) Push Some Names …', `${OWN}pushSome`],
  ['$(cloud-download) Pull', 'envlsp.pull'],
  ['$(history) Roll Back …', 'envlsp.rollback'],
  ['$(git-merge) Resolve Conflicts …', 'envlsp.resolve'],
  ['$(list-unordered) Status', 'envlsp.status'],
  ['$(arrow-swap) Switch Environment …', 'envlsp.switch'],
  ['$(sync) Sync', 'envlsp.sync'],
  ['$(broadcast) Peers', 'envlsp.peers'],
  ['$(eye) Masks On or Off', 'envlsp.mask.toggle'],
  ['$(device-camera-video) Presentation On or Off', 'envlsp.presentation.toggle'],
  ['$(lock) Lock', 'envlsp.lock'],
  ['$(unlock) Unlock …', 'envlsp.unlock'],
  ['$(pulse) Doctor', 'envlsp.doctor'],
];

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('envlsp', vscode.StatusBarAlignment.Left, 10);
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly running: Running,
    private readonly masks: Masks,
  ) {
    this.item.name = 'envlsp';
    this.item.command = `${OWN}menu`;
    this.subscriptions = [
      running.onDidChangeStanding(() => this.draw()),
      masks.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
      vscode.commands.registerCommand(`${OWN}menu`, menu),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.item).dispose();
  }

  private draw(): void {
    const { standing } = this.running;
    if (standing === undefined) {
      this.item.hide();
      return;
    }
    const document = vscode.window.activeTextEditor?.document;
    const spot = spotOf(standing, document?.uri.toString());
    const drift = document && this.masks.of(document);
    const mine = drift?.changes.filter(({ change }) => change === 'added' || change === 'changed') ?? [];
    this.item.text = line(standing, spot, mine.length + (drift?.removed.length ?? 0));
    this.item.tooltip = [spot?.project.detail, ...(spot?.project.alarms ?? [])].filter(Boolean).join('\n');
    const isAlarm = (spot?.project.alarms.length ?? 0) > 0;
    this.item.backgroundColor = isAlarm ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.show();
  }
}

async function menu(): Promise<void> {
  const rows = MENU.map(([label, command]) => ({ label, command }));
  const chosen = await vscode.window.showQuickPick(rows, { title: 'envlsp' });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
