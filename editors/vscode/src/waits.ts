// A command of the server while it goes on. Where it takes a while a line says so at the bottom;
// where it has something to tell besides, a message that stays until it is over, with a button to
// stop it, and a link that copies the code that is told. It keeps none of that.
// Spec: docs/lsp-extensions.md, "Progress".
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

/** What takes less shows nothing: it would only flash up. */
const LINE_MS = 400;
const MESSAGE_MS = 1000;
const COPY = 'envlsp.ui.copyCode';
const SAID_MS = 5_000;

interface Step {
  readonly message?: string | undefined;
  /** One in the message, to be told to somebody else. */
  readonly code?: string | undefined;
}

/** The codes that are shown now, by the number of their command. */
const codes = new Map<number, string>();
let count = 0;

/** Have the server do what a command says; return its result. */
export async function waited<T>(client: LanguageClient, command: string, argument: object, title: string): Promise<T> {
  const number = ++count;
  const stop = new vscode.CancellationTokenSource();
  const wait = new Wait(title, number, stop);
  const workDoneToken = `envlsp-${number}`;
  const { WorkDoneProgress } = await import('vscode-languageclient/node'); // loaded: there is a client
  const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (step) => wait.step(step));
  try {
    const params = { command, arguments: [argument], workDoneToken };
    return await client.sendRequest<T>('workspace/executeCommand', params, stop.token);
  } finally {
    vscode.Disposable.from(listening, wait, stop).dispose();
  }
}

/** Copy the code that a message shows. */
export function registerCopying(): vscode.Disposable {
  return vscode.commands.registerCommand(COPY, async (number: number) => {
    const code = codes.get(number);
    if (code !== undefined) {
      await vscode.env.clipboard.writeText(code);
      vscode.window.setStatusBarMessage('The code is in the clipboard', SAID_MS);
    }
  });
}

interface Shown {
  readonly say: () => void;
  readonly close: () => void;
}

class Wait implements vscode.Disposable {
  private message = '';
  private readonly timers: readonly NodeJS.Timeout[];
  private shown: Shown | undefined;
  private isLate = false;
  private isMessage = false;

  constructor(
    private readonly title: string,
    private readonly number: number,
    private readonly stop: vscode.CancellationTokenSource,
  ) {
    this.timers = [setTimeout(() => this.show(vscode.ProgressLocation.Window), LINE_MS), setTimeout(() => this.late(), MESSAGE_MS)];
  }

  step({ message, code }: Step): void {
    this.message = message ?? this.message;
    if (code === undefined) {
      codes.delete(this.number);
    } else {
      codes.set(this.number, code);
      this.message += ` [Copy the Code](command:${COPY}?${encodeURIComponent(JSON.stringify([this.number]))})`;
    }
    this.draw();
  }

  dispose(): void {
    codes.delete(this.number);
    this.timers.forEach(clearTimeout);
    this.shown?.close();
  }

  private late(): void {
    this.isLate = true;
    this.draw();
  }

  private draw(): void {
    if (this.isLate && !this.isMessage && this.message !== '') {
      this.isMessage = true;
      this.show(vscode.ProgressLocation.Notification);
    }
    this.shown?.say();
  }

  private show(location: vscode.ProgressLocation): void {
    this.shown?.close();
    let line: vscode.Progress<{ message: string }> | undefined;
    let close = (): void => {};
    const over = new Promise<void>((resolve) => (close = resolve));
    const say = (): void => void (this.message === '' || line?.report({ message: this.message }));
    this.shown = { say, close };
    void vscode.window.withProgress({ location, title: this.title, cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => this.stop.cancel());
      line = progress;
      say();
      return over;
    });
  }
}
