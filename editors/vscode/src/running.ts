// The server while it runs: started once, asked by whoever needs it, started again when told to
// or when it ended by itself, but not for ever.
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { Crashes } from './crashes';
import type { Masks } from './masks';
import { checkVersion, findServer, sayMissing } from './server';
import type { Standing } from './standing';
import { waited } from './waits';

/** An error that a command answers with; the message says what to do about it. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** Where there is no server there is nothing of a project either: `standing` is undefined then. */
export type Life = 'starting' | 'running' | 'missing' | 'failed' | 'untrusted';

const STOPPED = -32800;

export class Running implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('envlsp', { log: true });
  private readonly changed = new vscode.EventEmitter<void>();
  /** The server is there or gone, or a project stands otherwise. */
  readonly onDidChange = this.changed.event;
  private readonly crashes = new Crashes();
  private client: Promise<LanguageClient | undefined> | undefined;
  standing: Standing | undefined;
  life: Life = vscode.workspace.isTrusted ? 'starting' : 'untrusted';

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly masks: Masks,
  ) {}

  /** Return the client, started; undefined where that cannot be, and then the person was told. */
  async get(): Promise<LanguageClient | undefined> {
    this.client ??= this.start();
    const client = await this.client;
    if (client === undefined) {
      this.client = undefined;
    }
    return client;
  }

  /** Do what a command says, and return its result; undefined where it was stopped.
   *
   * Raises an error with a sentence for people where it fails. What it tells meanwhile is shown
   * under a title, where there is one.
   */
  async run<T>(command: string, argument: object, title?: string): Promise<T | undefined> {
    const client = await this.get();
    if (client === undefined) {
      return undefined;
    }
    try {
      if (title === undefined) {
        return await client.sendRequest<T>('workspace/executeCommand', { command, arguments: [argument] });
      }
      return await waited<T>(client, command, argument, title);
    } catch (error) {
      const { code, message } = error as Refusal;
      if (code === STOPPED) {
        return undefined;
      }
      throw new Error(message);
    }
  }

  async restart(): Promise<void> {
    this.crashes.forget();
    await this.stop();
    await this.get();
  }

  async stop(): Promise<void> {
    const client = await this.client;
    this.client = undefined;
    await client?.dispose().catch(() => undefined); // it may be gone by itself
  }

  dispose(): void {
    this.changed.dispose();
    this.log.dispose();
  }

  private async start(): Promise<LanguageClient | undefined> {
    if (!vscode.workspace.isTrusted) {
      this.become('untrusted');
      void vscode.commands.executeCommand('workbench.trust.manage');
      return undefined;
    }
    this.become('starting');
    const found = await findServer(this.context);
    if (found.path === undefined) {
      this.become('missing');
      void sayMissing(found);
      return undefined;
    }
    return this.startAt(found.path);
  }

  private async startAt(path: string): Promise<LanguageClient | undefined> {
    try {
      const { makeClient } = await import('./client');
      const client = makeClient(path, this.masks, this.log, {
        onStanding: (standing) => {
          this.standing = standing && spelled(standing);
          this.changed.fire();
        },
        mayStartAgain: () => this.mayStartAgain(),
      });
      await client.start();
      this.become('running');
      void checkVersion(path, client.initializeResult?.serverInfo?.version);
      return client;
    } catch {
      this.become('failed');
      void this.say(`envlsp did not start: ${path}`);
      return undefined;
    }
  }

  /** The server ended by itself; return whether it is started again. */
  private mayStartAgain(): boolean {
    if (this.life !== 'running') {
      return false; // it ended before it was there: whoever starts it says so
    }
    if (this.crashes.count(Date.now())) {
      return true;
    }
    this.client = undefined;
    this.become('failed');
    void this.say('envlsp ended by itself again and again, and is not started any more. Values stay covered.');
    return false;
  }

  private async say(said: string): Promise<void> {
    const again = 'Start It Again';
    const chosen = await vscode.window.showErrorMessage(said, again, 'Log');
    if (chosen === again) {
      await this.restart();
    } else if (chosen !== undefined) {
      this.log.show();
    }
  }

  private become(life: Life): void {
    this.life = life;
    if (life !== 'running') {
      this.standing = undefined;
    }
    this.changed.fire();
  }
}

/** Return the same with every address spelled as this editor spells it. */
function spelled(standing: Standing): Standing {
  const here = <T extends { readonly uri: string }>(one: T): T => ({ ...one, uri: vscode.Uri.parse(one.uri).toString() });
  const projects = standing.projects.map((project) => {
    return { ...here(project), environments: project.environments.map(here) };
  });
  return { ...standing, projects };
}
