// The server while it runs: started once, asked by whoever needs it, started again when told to.
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Masks } from './masks';
import { findServer, sayMissing } from './server';
import type { Standing } from './standing';

/** An error that a command answers with; the message says what to do about it. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

const STOPPED = -32800;

export class Running implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel('envlsp', { log: true });
  private readonly changed = new vscode.EventEmitter<Standing | undefined>();
  readonly onDidChangeStanding = this.changed.event;
  private client: Promise<LanguageClient | undefined> | undefined;
  standing: Standing | undefined;

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
   * Raises an error with a sentence for people where it fails.
   */
  async run<T>(command: string, argument: object): Promise<T | undefined> {
    const client = await this.get();
    if (client === undefined) {
      return undefined;
    }
    try {
      return await client.sendRequest<T>('workspace/executeCommand', { command, arguments: [argument] });
    } catch (error) {
      const { code, message } = error as Refusal;
      if (code === STOPPED) {
        return undefined;
      }
      throw new Error(message);
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.get();
  }

  async stop(): Promise<void> {
    const client = await this.client;
    this.client = undefined;
    await client?.dispose();
  }

  dispose(): void {
    this.changed.dispose();
    this.log.dispose();
  }

  private async start(): Promise<LanguageClient | undefined> {
    if (!vscode.workspace.isTrusted) {
      void vscode.commands.executeCommand('workbench.trust.manage');
      return undefined;
    }
    const path = await findServer(this.context);
    if (path === undefined) {
      void sayMissing();
      return undefined;
    }
    try {
      const { makeClient } = await import('./client');
      const client = makeClient(path, this.masks, this.log, (standing) => {
        this.standing = standing && spelled(standing);
        this.changed.fire(this.standing);
      });
      await client.start();
      return client;
    } catch {
      void vscode.window.showErrorMessage(`envlsp did not start: ${path}. Its log says more.`);
      return undefined;
    }
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
