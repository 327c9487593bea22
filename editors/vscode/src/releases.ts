// The view of projects: apps, environments and their releases, members, peers.
import * as vscode from 'vscode';
import { OWN, told } from './commands';
import type { Comparisons } from './compare';
import { said, whole, type Release } from './release';
import { confirmed } from './rollback';
import type { Running } from './running';
import type { Environment, Project } from './standing';

/** A row. `argument` is what a command of its menu is about, `id` keeps it open when all is drawn anew. */
export interface Node {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly icon: string;
  readonly color?: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly isOpen?: boolean;
  readonly argument?: Readonly<Record<string, string>>;
  readonly command?: vscode.Command;
  readonly children?: () => Node[] | Promise<Node[]>;
}

interface Member {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly role: string;
  readonly you: boolean;
  readonly devices: readonly { readonly label: string }[];
}

interface Peer {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly path: string;
  readonly last_seen: number | null;
}

const RELEASES_AT_ONCE = 50;

export class Releases implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly limits = new Map<string, number>();
  private readonly view: vscode.TreeView<Node>;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly running: Running,
    private readonly comparisons: Comparisons,
  ) {
    this.view = vscode.window.createTreeView('envlsp.releases', { treeDataProvider: this, showCollapseAll: true });
    this.subscription = vscode.Disposable.from(
      this.view,
      running.onDidChange(() => this.draw()),
      vscode.commands.registerCommand(`${OWN}refresh`, () => this.changed.fire()),
      vscode.commands.registerCommand(`${OWN}older`, (uri: string) => this.older(uri)),
      vscode.commands.registerCommand(`${OWN}compare`, (row: Node) => told(() => this.compare(row))),
      vscode.commands.registerCommand(`${OWN}compareFile`, (row: Node) => told(() => this.compareFile(row))),
      vscode.commands.registerCommand(`${OWN}showRelease`, ({ argument }: Node) =>
        vscode.commands.executeCommand('envlsp.show', { uri: argument?.['uri'], release: argument?.['release'] }),
      ),
      vscode.commands.registerCommand(`${OWN}rollbackTo`, (row: Node) => told(() => this.rollbackTo(row))),
      vscode.commands.registerCommand(`${OWN}copyName`, ({ label }: Node) => vscode.env.clipboard.writeText(label)),
      vscode.commands.registerCommand(`${OWN}edit`, ({ argument }: Node) =>
        told(async () => argument?.['uri'] && this.edit(argument['uri'])),
      ),
    );
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(node.label, node.children ? (node.isOpen ? Expanded : Collapsed) : None);
    item.id = node.id;
    item.contextValue = node.kind;
    item.iconPath = new vscode.ThemeIcon(node.icon, node.color === undefined ? undefined : new vscode.ThemeColor(node.color));
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
    const projects = (this.running.standing?.projects ?? []).filter(({ standing }) => standing !== 'no-project');
    // Where nothing is ready the view says by its welcome what to do, which it shows only when it is empty.
    return projects.some(({ standing }) => standing === 'ready') ? projects.map((one) => this.project(one)) : [];
  }

  dispose(): void {
    vscode.Disposable.from(this.subscription, this.changed).dispose();
  }

  private draw(): void {
    const projects = this.running.standing?.projects ?? [];
    const behind = projects.flatMap(({ environments }) => environments).reduce((sum, one) => sum + one.behind, 0);
    const tooltip = behind === 1 ? 'one release that your files lack' : `${behind} releases that your files lack`;
    this.view.badge = behind > 0 ? { value: behind, tooltip } : undefined;
    const [alarm] = projects.flatMap(({ alarms }) => alarms);
    Object.assign(this.view, { message: alarm });
    this.changed.fire();
  }

  private project(project: Project): Node {
    const { uri, name, role, members, standing, detail } = project;
    const id = uri;
    if (standing !== 'ready') {
      const icon = standing === 'locked' ? 'lock' : 'warning';
      return { id, label: name || uri, kind: standing, icon, description: standing.replaceAll('-', ' '), tooltip: detail };
    }
    const people = { label: 'Members', kind: 'members', icon: 'organization', description: String(members.length) };
    const children = (): Node[] => [
      ...this.apps(project),
      { ...people, id: `${uri}#members`, argument: { uri }, children: () => this.members(uri) },
      {
        ...{ id: `${uri}#peers`, label: 'Peers', kind: 'peers', icon: 'broadcast', argument: { uri } },
        ...{ description: `${this.running.standing?.peers ?? 0} online`, children: () => this.peers(uri) },
      },
    ];
    return { id, label: name, kind: 'project', icon: 'root-folder', description: role, isOpen: true, argument: { uri }, children };
  }

  /** The environments of each app; of a project that is one app itself they stand alone. */
  private apps({ uri, name, environments }: Project): Node[] {
    const apps = [...new Set(environments.map(({ app }) => app))];
    const of = (app: string): Node[] => environments.filter((one) => one.app === app).map((one) => this.environment(uri, one));
    const isItself = apps.length === 1 && ['', name].includes(apps[0] ?? '');
    return isItself
      ? of(apps[0] ?? '')
      : apps.map((app) => ({ id: `${uri}#${app}`, label: app, kind: 'app', icon: 'package', isOpen: true, children: () => of(app) }));
  }

  private environment(project: string, { app, env, uri, releases, behind, conflicts }: Environment): Node {
    const words = [
      releases.join(' '),
      behind > 0 ? `↓${behind}` : '',
      conflicts.length > 0 ? `in conflict: ${conflicts.join(', ')}` : '',
    ];
    const isConflicted = conflicts.length > 0;
    const [first = '', second = ''] = releases;
    return {
      id: `${project}#${app}:${env}`,
      label: env,
      kind: isConflicted ? 'conflicted' : 'environment',
      icon: isConflicted ? 'warning' : 'layers',
      ...(isConflicted && { color: 'list.warningForeground' }),
      description: words.filter(Boolean).join(' '),
      tooltip: words.filter(Boolean).join('\n'),
      argument: isConflicted ? { uri, from: first, to: second } : { uri },
      children: () => this.log(uri),
    };
  }

  private async log(uri: string): Promise<Node[]> {
    const limit = this.limits.get(uri) ?? RELEASES_AT_ONCE;
    const found = (await this.running.run<{ releases: Release[] }>('envlsp.log', { uri, limit: limit + 1 }))?.releases ?? [];
    const rows = found.slice(0, limit).map((one, index): Node => {
      const before = found[index + 1]?.release;
      const row: Node = {
        id: `${uri}@${one.release}`,
        label: one.release,
        kind: index === 0 ? 'newest' : 'release',
        icon: 'git-commit',
        description: said(one),
        tooltip: whole(one),
        argument: { uri, release: one.release, newest: found[0]?.release ?? '', ...(before !== undefined && { before }) },
      };
      return { ...row, command: { title: 'Compare', command: `${OWN}compare`, arguments: [row] } };
    });
    const more = { title: 'Older Releases', command: `${OWN}older`, arguments: [uri] };
    const last: Node = { id: `${uri}@`, label: 'Older releases …', kind: 'older', icon: 'ellipsis', command: more };
    return found.length > limit ? [...rows, last] : rows;
  }

  private async members(uri: string): Promise<Node[]> {
    const found = (await this.running.run<{ members: Member[] }>('envlsp.members', { uri }))?.members ?? [];
    return found.map(({ id, name, address, role, you, devices }) => ({
      id: `${uri}#${id}`,
      label: name,
      kind: you ? 'you' : 'member',
      icon: you ? 'account' : 'person',
      description: [role, you ? 'you' : '', address].filter(Boolean).join(' · '),
      tooltip: devices.map(({ label }) => label).join('\n'),
      argument: { uri, who: id },
    }));
  }

  private async peers(uri: string): Promise<Node[]> {
    const found = (await this.running.run<{ peers: Peer[] }>('envlsp.peers', { uri }))?.peers ?? [];
    return found.map(({ id, name, state, path, last_seen }) => ({
      id: `${uri}#peer ${id}`,
      label: name,
      kind: 'peer',
      icon: state === 'online' ? 'vm-active' : 'vm-outline',
      ...(state === 'online' && { color: 'charts.green' }),
      description: [state, path].filter(Boolean).join(', '),
      tooltip: last_seen === null ? 'not seen yet' : `last seen ${new Date(last_seen * 1000).toLocaleString()}`,
    }));
  }

  private older(uri: string): void {
    this.limits.set(uri, (this.limits.get(uri) ?? RELEASES_AT_ONCE) * 2);
    this.changed.fire();
  }

  /** Show what a release changed; the first one changed nothing, so it is shown by itself. */
  private async compare({ argument = {} }: Node): Promise<void> {
    const { uri = '', release = '', before } = argument;
    if (before !== undefined) {
      await this.comparisons.show({ uri, from: before, to: release });
    } else {
      await vscode.commands.executeCommand('envlsp.show', { uri, release });
    }
  }

  /** Go back to a release after a look at what that changes. */
  private async rollbackTo({ argument = {} }: Node): Promise<void> {
    const { uri = '', release = '', newest = '' } = argument;
    if (await confirmed(this.comparisons, { uri, from: newest, to: release })) {
      await vscode.commands.executeCommand('envlsp.rollback', { uri, release });
    }
  }

  private async compareFile({ argument = {} }: Node): Promise<void> {
    const { uri = '', release = '' } = argument;
    await this.comparisons.show({ uri, from: release });
  }

  private async edit(uri: string): Promise<void> {
    const found = await this.running.run<{ uri: string }>('envlsp.show', { uri });
    if (found !== undefined) {
      await vscode.window.showTextDocument(vscode.Uri.parse(found.uri), { preview: false });
    }
  }
}
