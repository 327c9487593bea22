// The view of projects: apps, environments and their releases, members, peers.
import * as vscode from 'vscode';
import { OWN, told } from './commands';
import { rows } from './rows';
import type { Running } from './running';
import type { Environment, Project } from './standing';

/** A row. `argument` is what a command of its menu is about. */
interface Node {
  readonly label: string;
  readonly kind: string;
  readonly icon: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly argument?: Readonly<Record<string, string>>;
  readonly command?: vscode.Command;
  readonly children?: () => Node[] | Promise<Node[]>;
}

interface Release {
  readonly release: string;
  readonly author: string;
  readonly ts: number;
  readonly message: string;
  readonly void: boolean;
}

const RELEASES_AT_ONCE = 100;

export class Releases implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly running: Running) {
    this.subscriptions = [
      running.onDidChangeStanding(() => this.changed.fire()),
      vscode.window.registerTreeDataProvider('envlsp.releases', this),
      vscode.commands.registerCommand(`${OWN}refresh`, () => this.changed.fire()),
      vscode.commands.registerCommand(`${OWN}compare`, (uri: string, from: string | undefined, to: string) =>
        told(() => this.compare(uri, from, to)),
      ),
      vscode.commands.registerCommand(`${OWN}edit`, ({ argument }: Node) =>
        told(async () => argument?.['uri'] && this.open(argument['uri'])),
      ),
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(node.label, node.children ? Collapsed : None);
    item.contextValue = node.kind;
    item.iconPath = new vscode.ThemeIcon(node.icon);
    return Object.assign(item, {
      ...(node.description && { description: node.description }),
      ...(node.tooltip && { tooltip: node.tooltip }),
      ...(node.command && { command: node.command }),
    });
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node !== undefined) {
      return (await told(async () => node.children?.())) ?? [];
    }
    const projects = this.running.standing?.projects ?? [];
    return projects.filter(({ standing }) => standing !== 'no-project').map((one) => this.project(one));
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }

  private project(project: Project): Node {
    const { uri, name, role, standing, detail, environments } = project;
    const apps = [...new Set(environments.map(({ app }) => app))];
    const list = (label: string, icon: string, field: string): Node => ({
      label,
      kind: field,
      icon,
      argument: { uri },
      children: () => this.listed(`envlsp.${field}`, uri, field, icon),
    });
    return {
      label: name || 'envlsp',
      kind: 'project',
      icon: standing === 'locked' ? 'lock' : 'folder',
      description: standing === 'ready' ? role : standing.replaceAll('-', ' '),
      tooltip: detail,
      argument: { uri },
      children: () => [
        ...apps.map((app): Node => this.app(app, environments)),
        list('Members', 'person', 'members'),
        list('Peers', 'broadcast', 'peers'),
      ],
    };
  }

  private app(app: string, environments: readonly Environment[]): Node {
    const mine = environments.filter((one) => one.app === app);
    const children = (): Node[] => mine.map((one) => this.environment(one));
    return { label: app, kind: 'app', icon: 'package', children };
  }

  private environment({ env, uri, releases, behind, conflicts }: Environment): Node {
    const words = [
      releases.join(' '),
      behind > 0 ? `${behind} behind` : '',
      conflicts.length > 0 ? `conflicts: ${conflicts.join(', ')}` : '',
    ];
    const description = words.filter(Boolean).join(', ');
    const children = (): Promise<Node[]> => this.log(uri);
    return { label: env, kind: 'environment', icon: 'layers', description, argument: { uri }, children };
  }

  private async log(uri: string): Promise<Node[]> {
    const argument = { uri, limit: RELEASES_AT_ONCE };
    const found = (await this.running.run<{ releases: Release[] }>('envlsp.log', argument))?.releases ?? [];
    return found.map(({ release, author, ts, message, void: isVoid }, index): Node => {
      const command = `${OWN}compare`;
      return {
        label: release,
        kind: 'release',
        icon: isVoid ? 'circle-slash' : 'tag',
        description: [author, message].filter(Boolean).join(': '),
        tooltip: new Date(ts * 1000).toLocaleString(),
        argument: { uri, release },
        command: { title: 'Compare', command, arguments: [uri, found[index + 1]?.release, release] },
      };
    });
  }

  private async listed(command: string, uri: string, field: string, icon: string): Promise<Node[]> {
    const result = await this.running.run<Record<string, unknown>>(command, { uri });
    return rows({ [field]: result?.[field] }).map(({ label, description }) => {
      return { label, kind: 'row', icon, description, tooltip: description };
    });
  }

  /** Show what a release changed, both sides masked. */
  private async compare(uri: string, from: string | undefined, to: string): Promise<void> {
    const [old, now] = await Promise.all([this.address(uri, from), this.address(uri, to)]);
    if (old !== undefined && now !== undefined) {
      await vscode.commands.executeCommand('vscode.diff', old, now, `${from} → ${to}`);
    } else if (now !== undefined) {
      await vscode.window.showTextDocument(now);
    }
  }

  private async address(uri: string, release: string | undefined): Promise<vscode.Uri | undefined> {
    if (release === undefined) {
      return undefined;
    }
    const found = await this.running.run<{ uri: string }>('envlsp.show', { uri, release });
    return found && vscode.Uri.parse(found.uri);
  }

  private async open(uri: string): Promise<void> {
    const found = await this.running.run<{ uri: string }>('envlsp.show', { uri });
    if (found !== undefined) {
      const newest = vscode.Uri.parse(found.uri);
      await vscode.window.showTextDocument(newest.with({ path: newest.path.replace(/@.*$/, '') }));
    }
  }
}
